"""The evidence pack: what to attach for the vendor of an antivirus, or for the tracker of a tool.

Two files in a new folder, `diagnosis.json` for programs and `diagnosis.html` for people, with the same
in both. Names of this user and machine, home folders of anybody, secrets on the command line and names
of other machines are taken out before anything is written.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.page import page
from harness.payload.fetch import without_secrets
from harness.record.manifest import environment
from harness.record.redaction import of_this_machine

IN_IT: Final = (
    "the command, its exit code and how long it ran",
    "the lines in which it says that it was denied a file, at most 20, with the paths in them",
    "what was found when these paths were opened afterwards: errors and times",
    "names, products and makers of the programs that had them open, and when",
    "the control: renames of new files in the temporary folder",
    "the version of the system, of Python and of the harness",
)
NOT_IN_IT: Final = (
    "no content of any file, and no other output of the command",
    "no name of this user or machine, and no home folder; other names of folders and files are in it",
    "no list of processes, no setting and no exclusion of an antivirus, no serial number",
    "no value of an option of the command that looks like a password, token or key",
)
_SECRET: Final = re.compile(r"(?i)(pass(?:word|wd|phrase)?|token|secret|api[-_]?key|auth|credential)")
_OTHER_MACHINE: Final = re.compile(r"(?<![\w:\\.\])}~-])(\\{4}|\\{2})(?![?.\\])[^\\\s'\"]+(?=\\)")
"""The name of a machine where a path begins, also where Python shows it with doubled backslashes."""
_VERBATIM_MACHINE: Final = re.compile(r"(?i)(\\\\\?\\UNC\\)[^\\\s'\"]+")
_URL: Final = re.compile(r"\bhttps?://[^\s'\"]+")
HIDDEN: Final = "[secret]"


def write_pack(diagnosis: Diagnosis, folder: Path) -> tuple[Path, Path]:
    """Write the pack into a new folder; return the page and the JSON."""
    packed = packed_diagnosis(diagnosis, redactor())
    folder.mkdir()
    as_json, as_page = folder / "diagnosis.json", folder / "diagnosis.html"
    as_json.write_text(json.dumps(packed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    as_page.write_text(page(packed), encoding="utf-8", newline="\n")
    return as_page, as_json


def packed_diagnosis(diagnosis: Diagnosis, redact: Callable[[str], str]) -> dict[str, Any]:
    """All that is in a pack, without names."""
    shown = asdict(diagnosis)
    shown["command"] = without_values(diagnosis.command)
    pack = {
        "file": "diagnosis of persist-harness",
        "in it": list(IN_IT),
        "not in it": list(NOT_IN_IT),
        "repeat": f"harness diagnose -- {_spelled(shown['command'])}",
        "environment": environment(),
        "diagnosis": shown,
    }
    return _texts(pack, redact)  # type: ignore[no-any-return]


def redactor() -> Callable[[str], str]:
    """Take out names of this user and machine, home folders of anybody, other machines and logins."""
    names = of_this_machine()

    def redact(text: str) -> str:
        text = _URL.sub(lambda found: without_secrets(found[0]), text)
        text = _VERBATIM_MACHINE.sub(r"\1[host]", _OTHER_MACHINE.sub(r"\1[host]", text))
        return names.text(text)

    return redact


def without_values(command: list[str]) -> list[str]:
    """A command without the values of options and variables that look like secrets."""
    shown: list[str] = []
    hide_next = False
    for word in command:
        name, equals, value = word.partition("=")
        if hide_next and not word.startswith("-"):
            shown.append(HIDDEN)
        elif equals and value and _SECRET.search(name):
            shown.append(f"{name}={HIDDEN}")
        else:
            shown.append(word)
        hide_next = not equals and word.startswith("-") and _SECRET.search(word) is not None
    return shown


def _spelled(command: list[str]) -> str:
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def _texts(data: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(data, dict):
        return {key: _texts(value, redact) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_texts(value, redact) for value in data]
    return redact(data) if isinstance(data, str) else data
