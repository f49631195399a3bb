r"""Decide whether an exclusion of Defender covers a folder or a program, by its text alone.

The rules are those of Microsoft, "Configure and validate exclusions based on file extension and folder
location" and "Configure exclusions for files opened by processes": an excluded folder covers all below
it; ``*`` stands for one folder (or a part of one name), ``?`` for one character; case does not matter.
Defender resolves variables as the system account sees them, so only those of the machine are known here:

>>> covers_folder(("D:\\",), "D:\\a\\work", {})
'yes'
>>> covers_folder(("C:\\Users\\*\\AppData",), "C:\\Users\\me\\AppData\\Local\\Temp", {})
'yes'
>>> covers_folder(("%TEMP%",), "C:\\Users\\me\\AppData\\Local\\Temp", {})
'undecided'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.platform.windows.environment.facts import Coverage

SYSTEM_VARIABLES: Final = (
    "ALLUSERSPROFILE",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "SystemDrive",
    "SystemRoot",
    "windir",
)
"""Variables with the same value for every account; those that `covers_folder` may be given."""

_VARIABLE: Final = re.compile(r"%([^%]+)%")


def visible(entries: Sequence[str]) -> bool:
    """Whether these are exclusions: a standard user gets a sentence ("N/A: Must be …") instead."""
    return not any(entry.startswith("N/A:") for entry in entries)


def covers_folder(entries: Sequence[str] | None, folder: str, variables: Mapping[str, str]) -> Coverage:
    """Whether one of `entries` excludes everything below `folder`, an absolute path.

    `variables` are values of `SYSTEM_VARIABLES`; ``None`` for `entries` means that they are hidden.
    """
    if entries is None:
        return "hidden"
    known = {name.lower(): value for name, value in variables.items()}
    path = _components(folder)
    undecided = False
    for entry in entries:
        resolved = _VARIABLE.sub(lambda found: known.get(found[1].lower(), found[0]), entry)
        if _VARIABLE.search(resolved) or _components(resolved) == ["*"]:
            undecided = True
        elif _is_above(_components(resolved), path):
            return "yes"
    return "undecided" if undecided else "no"


def covers_program(entries: Sequence[str] | None, programs: Sequence[str]) -> Coverage:
    """Whether one of `entries`, names or paths, excludes what one of `programs` (paths) opens."""
    if entries is None:
        return "hidden"
    for entry in entries:
        parts = _components(entry)
        for program in programs:
            path = _components(program)
            if (len(parts) == 1 and _match(parts[0], path[-1])) or (
                len(parts) == len(path) and _is_above(parts, path)
            ):
                return "yes"
    return "no"


def _components(path: str) -> list[str]:
    return [part for part in re.split(r"[\\/]+", path.removeprefix("\\\\?\\").lower()) if part]


def _is_above(entry: list[str], path: list[str]) -> bool:
    if entry and entry[-1] == "*":  # everything in a folder means the folder
        entry = entry[:-1]
    return 0 < len(entry) <= len(path) and all(
        _match(pattern, part) for pattern, part in zip(entry, path, strict=False)
    )


def _match(pattern: str, part: str) -> bool:
    # Brackets have no special meaning in an exclusion, unlike in fnmatch.
    return re.fullmatch(translate(pattern.replace("[", "[[]")), part) is not None
