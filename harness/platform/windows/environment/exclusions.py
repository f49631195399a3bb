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

Nothing is decided by an entry that holds only for some scans (Microsoft, "Contextual file and folder
exclusions": ``\\:{…}`` at its end), by one with a wildcard for what is in the folder, nor by one of
which PowerShell lost characters:

>>> covers_folder(("D:\\work\\:{ScanTrigger:OnAccess}",), "D:\\work", {})
'undecided'
>>> covers_folder(("D:\\work\\*.dll",), "D:\\work", {})
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
_CONTEXT: Final = re.compile(r"\\:\{.*$")
_COLON: Final = re.compile("[:\uff1a]")
_LOST: Final = "\ufffd"
"""What stands for a character that a code page lacks."""


def visible(entries: Sequence[str]) -> bool:
    """Whether these are exclusions: a standard user gets a sentence instead.

    It is "N/A: Must be …", or that in the language of Windows: with a colon where no path has one.
    """
    return not any(_is_sentence(entry) for entry in entries)


def _is_sentence(entry: str) -> bool:
    without_drive = re.sub(r"^(\\\\\?\\)?[A-Za-z*?]:", "", _CONTEXT.sub("", entry))
    has_words = re.search(r"\s", entry) and not re.search(r"[\\/.%*?]", entry.rstrip("."))
    return bool(_COLON.search(without_drive) or has_words)


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
        unconditional = _CONTEXT.sub("", resolved)
        parts = _components(unconditional)
        if _VARIABLE.search(resolved) or parts == ["*"] or _LOST in resolved:
            undecided = True
        elif _is_above(parts, path):
            if unconditional == resolved:
                return "yes"
            undecided = True
        elif _has_wildcard_for_what_is_in(path, parts):
            undecided = True
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


def _has_wildcard_for_what_is_in(path: list[str], entry: list[str]) -> bool:
    """Whether an entry may cover some of the files in a folder; without a folder, it may in any."""
    inside = entry[len(path) :] if len(entry) > 1 else entry
    is_there = len(entry) == 1 or (len(entry) > len(path) and all(map(_match, entry[: len(path)], path)))
    return is_there and any(set("*?") & set(part) for part in inside)


def _match(pattern: str, part: str) -> bool:
    # Brackets have no special meaning in an exclusion, unlike in fnmatch.
    return re.fullmatch(translate(pattern.replace("[", "[[]")), part) is not None
