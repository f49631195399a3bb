r"""The last look at what is published: no user, no host, no home folder.

Runs name none to begin with (`harness.record.manifest`). What may bring one in all the same: the folder
a run is in, a path in a label or an error, what a notebook prints. So the finished text is searched for
what this machine calls its user, itself and its home, and for paths below anybody's home, in text and in
attributes alike; markup, styles and scripts are the project's own and stay as they are.
"""

from __future__ import annotations

import getpass
import html
import json
import os
import platform
import re
import socket
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

USER: Final = "[user]"
HOST: Final = "[host]"
_NOBODY: Final = frozenset(
    [
        "root",
        "user",
        "test",
        "admin",
        "administrator",
        "runner",
        "runneradmin",
        "runneruser",
        "ubuntu",
        "debian",
        "fedora",
        "vagrant",
        "docker",
        "build",
        "builder",
        "ci",
        "guest",
        "nobody",
        "home",
        "system",
        "public",
        "default",
        "localhost",
        "local",
        "machine",
        "computer",
        "host",
    ]
)
"""Names that tell nobody anything, and are ordinary words in a report."""
_SEPARATOR: Final = r"(?:\\+|/+)"
_IN_WINDOWS_PATH: Final = r"[^\\/:*?\"'`<>|\r\n]+"
_NOT_A_PERSON: Final = r"(?!(?:Public|Default|All Users)\b)"
_HOMES: Final = (
    # C:\Users\Some One\..., where a separator says where the name ends
    re.compile(
        rf"(?i)\b([a-z]:{_SEPARATOR}users{_SEPARATOR}){_NOT_A_PERSON}{_IN_WINDOWS_PATH}(?={_SEPARATOR})"
    ),
    # ... and where nothing does: up to what cannot be in a name, or separates words of a sentence
    re.compile(
        rf"(?i)\b([a-z]:{_SEPARATOR}users{_SEPARATOR}){_NOT_A_PERSON}(?!\[)[^\\/:*?\"'`<>|\r\n,;()]+"
    ),
    re.compile(r"(?i)([\\/](?:home|users)[\\/]+)(?!public\b|default\b|\[)[^\\/:*?\"'`<>|\s,;()]+"),
)
_MARKUP: Final = re.compile(
    r"<!--.*?-->|<style\b.*?</style\s*>|<script\b.*?</script\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_DATA: Final = re.compile(
    r'(<script type="application/json"[^>]*>)(.*)(</script\s*>)', re.DOTALL | re.IGNORECASE
)
_VALUE: Final = re.compile(r"(\s(?!class\b|style\b|role\b|type\b)[\w:-]+\s*=\s*)(\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True)
class Redaction:
    """What to look for, besides anybody's home folder: each text and what replaces it."""

    words: tuple[tuple[str, str], ...]
    folders: tuple[tuple[str, str], ...]

    def suspects(self, raw: bytes) -> bool:
        """Whether there may be anything to redact in `raw` (UTF-8): a quick look before the real one."""
        lowered = raw.lower()
        return any(word in lowered for word in self._suspicious)

    @cached_property
    def _suspicious(self) -> tuple[bytes, ...]:
        found = ("users", "home", *(word for word, _ in (*self.words, *self.folders)))
        escaped = (json.dumps(word)[1:-1] for word in found)  # as JSON has it
        return tuple({word.encode().lower() for word in (*found, *escaped)})

    def text(self, text: str) -> str:
        """Redact plain text."""
        for folder, instead in self.folders:
            text = text.replace(folder, instead)
        for home in _HOMES:
            text = home.sub(rf"\1{USER}", text)
        for word, instead in self.words:
            text = re.sub(rf"(?i)(?<![^\W_]){re.escape(word)}(?![^\W_])", instead, text)
        return text

    def html(self, page: str) -> str:
        """Redact a page: its text, the values of its attributes, and the data it carries."""
        parts, at = [], 0
        for match in _MARKUP.finditer(page):
            parts += [self._escaped(page[at : match.start()]), self._markup(match[0])]
            at = match.end()
        return "".join([*parts, self._escaped(page[at:])])

    def data(self, value: Any) -> Any:
        """Redact the texts in what JSON can hold."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.data(each) for each in value]
        if isinstance(value, dict):
            return {self.text(key): self.data(each) for key, each in value.items()}
        return value

    def _escaped(self, text: str) -> str:
        plain = html.unescape(text)
        redacted = self.text(plain)
        return text if redacted == plain else html.escape(redacted, quote=True)

    def _markup(self, markup: str) -> str:
        data = _DATA.fullmatch(markup)
        if data is not None:
            return data[1] + embedded_json(self.data(json.loads(data[2]))) + data[3]
        if markup.startswith(("<!", "<style", "<script", "</")):
            return markup
        return _VALUE.sub(lambda value: value[1] + self._quoted(value[2]), markup)

    def _quoted(self, value: str) -> str:
        return value[0] + self._escaped(value[1:-1]) + value[-1]


def embedded_json(data: Any) -> str:
    """JSON for the inside of a ``<script>``: nothing in it can end the element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def of_this_machine(runs: Iterable[Path] = ()) -> Redaction:
    """What this machine calls its user, itself and its home; and where the `runs` are kept."""
    home = os.path.expanduser("~")
    users = {os.path.basename(home), *_asked(getpass.getuser), *_from_environment("USERNAME", "USER")}
    hosts = {*_asked(platform.node), *_asked(socket.gethostname), *_from_environment("COMPUTERNAME")}
    hosts |= {host.partition(".")[0] for host in hosts}
    words = [
        *((name, USER) for name in _telling(users)),
        *((name, HOST) for name in _telling(hosts)),
    ]
    folders = {_spelled(run.absolute().parent): "" for run in runs}
    folders |= {_spelled(run.resolve().parent): "" for run in runs}
    kept = [(folder + os.sep, instead) for folder, instead in folders.items() if len(folder) > 1]
    if len(home) > 1:
        kept.append((home, "~"))
    return Redaction(tuple(_longest_first(words)), tuple(_longest_first(kept)))


def _spelled(path: Path) -> str:
    return str(path).rstrip("\\/")


def _telling(names: Iterable[str]) -> list[str]:
    return [name for name in names if len(name) > 1 and name.lower() not in _NOBODY]


def _longest_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: (-len(pair[0]), pair))


def _asked(question: Any) -> list[str]:
    try:
        return [question()]
    except (OSError, KeyError, ImportError):  # no such user, no name: nothing to redact
        return []


def _from_environment(*names: str) -> list[str]:
    return [os.environ[name] for name in names if os.environ.get(name)]
