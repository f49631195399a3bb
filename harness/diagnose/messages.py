r"""Find in the output of any program that it was denied a file: the error, the operation and the paths.

Every ecosystem says it in its own words:

>>> say = "PermissionError: [WinError 32] in use: 'C:\\\\a\\\\x.tmp' -> 'C:\\\\a\\\\x.exe'"
>>> found = message_in(say, [], at_ms=0)
>>> found.code, [each.path for each in found.paths]
(32, ['C:\\a\\x.tmp', 'C:\\a\\x.exe'])

The words are those of Windows in English; ``os error N``, ``WinError N`` and Node's names are the same
in every language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from harness.platform.held_files import Role
from harness.strategy.error_names import NAMES
from harness.text import joined
from harness.winerror import (
    ACCESS_DENIED,
    DIR_NOT_EMPTY,
    HOLD_CODES,
    LOCK_VIOLATION,
    OPEN_FAILED,
    PRIVILEGE_NOT_HELD,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
    VIRUS_CODES,
)

Operation = Literal["rename", "remove", "open"]

CODES: Final = frozenset({*HOLD_CODES, *VIRUS_CODES, DIR_NOT_EMPTY, OPEN_FAILED, USER_MAPPED_FILE})
"""The errors that a hold, or a scanner, can be behind."""
LONGEST_LINE: Final = 4000
LINES_BEFORE: Final = 3
"""Lines before that of the error in which its paths are looked for, as some tools wrap them."""

_ANSI: Final = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_NUMBER: Final = re.compile(r"\((?:os )?error (\d{1,5})\)|\[WinError (\d{1,5})\]", re.IGNORECASE)
_SYMLINK: Final = re.compile(r"EPERM: [^,]*, symlink\b")
_NODES: Final = re.compile(r"\b(EPERM|EBUSY|ENOTEMPTY): ")
_WORDS: Final = (
    ("being used by another process", SHARING_VIOLATION),
    ("used by another program", SHARING_VIOLATION),
    ("has locked a portion of the file", LOCK_VIOLATION),
    ("Access is denied", ACCESS_DENIED),
    ("Access to the path", ACCESS_DENIED),
    ("The directory is not empty", DIR_NOT_EMPTY),
)
_OPERATIONS: Final[tuple[tuple[Operation, re.Pattern[str]], ...]] = (
    ("rename", re.compile(r"\b(?:re)?nam|\bmov|persist|replac", re.IGNORECASE)),
    ("remove", re.compile(r"unlink|remov|rmdir|delet|\brm\b", re.IGNORECASE)),
)
_QUOTED: Final = re.compile(r"'([^'\r\n]{1,1000})'|\"([^\"\r\n]{1,1000})\"")
_FROM_TO: Final = re.compile(r"\bfrom\s+(\S.{0,1000}?)\s+to\s+(\S[^\r\n]{0,1000}?)(?=:\s|:?$| due to )")
_BARE: Final = re.compile(r"(?:\\\\\?\\)?\b[A-Za-z]:[\\/][^\s:*?\"<>|']{1,1000}")
_ON_UNIX: Final = re.compile(r"(?<![\w/])/[^\s:*?\"<>|']{1,1000}")
_DOUBLED: Final = re.compile(r"(?:[^\\]|\\\\)*")


@dataclass(frozen=True, slots=True)
class NamedPath:
    """A path that a message names, and what was done with it."""

    path: str
    role: Role


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the command that says that it was denied a file."""

    at_ms: float
    """Milliseconds after the command was started."""
    code: int
    """The Win32 error that it names or means."""
    operation: Operation
    """What it was about to do, by its words."""
    paths: tuple[NamedPath, ...]
    """The files or folders that it names."""
    line: str
    """The line."""
    others: tuple[int, ...] = ()
    """Win32 errors that its name may mean instead."""

    @property
    def codes(self) -> str:
        """The errors that it may mean, in words."""
        return joined([*map(str, (self.code, *self.others))], " or ")


def without_escapes(line: str) -> str:
    """A line without colours."""
    return _ANSI.sub("", line)


def codes_in(line: str, *, is_windows: bool = True) -> tuple[int, ...]:
    """The errors that a line may mean, the likeliest first, if a hold can be behind that.

    Node calls two of Windows' errors `EPERM`; where a symbolic link was to be made, it is the second.
    Elsewhere than on Windows the number of an ``os error`` means something else.
    """
    if (found := _NUMBER.search(line)) and (found[2] or is_windows or "denied. (os" in line):
        code = int(found[1] or found[2])
        return (code,) if code in CODES else ()
    if is_windows and (node := _NODES.search(line)):
        codes = NAMES[node[1]].codes
        return (PRIVILEGE_NOT_HELD,) if _SYMLINK.search(line) else codes
    return next(((code,) for words, code in _WORDS if words in line), ())


def message_in(
    line: str, before: Sequence[str], *, at_ms: float, is_windows: bool = True
) -> Message | None:
    """The message in a line, if it is one; `before` are the lines before it."""
    line = line[:LONGEST_LINE]
    codes = codes_in(line, is_windows=is_windows)
    if not codes:
        return None
    text, paths = line, _paths(line)
    if not paths:
        text, paths = _wrapped(line, before)
    operation = _operation(text)
    roles: tuple[Role, Role] = ("source", "target")
    named = tuple(map(NamedPath, paths[:2], roles))
    if operation == "open" and len(named) == 1:
        named = (NamedPath(named[0].path, "target"),)
    return Message(at_ms, codes[0], operation, named, line.strip(), codes[1:])


def _wrapped(line: str, before: Sequence[str]) -> tuple[str, list[str]]:
    """The paths of a message that takes several lines: as few of them as have any."""
    several = [each.strip()[:LONGEST_LINE] for each in (*before[-LINES_BEFORE:], line)]
    whole = " ".join(several)
    if pair := _FROM_TO.search(whole):
        return whole, [each for each in _stripped(pair) if _is_path(each)]
    for number in range(2, len(several) + 1):
        text = " ".join(several[-number:])
        if paths := _paths(text):
            return text, paths
    return line, []


def _operation(text: str) -> Operation:
    named = next((name for name, words in _OPERATIONS if words.search(text)), None)
    return named or ("rename" if "' -> '" in text else "open")  # Python names the two paths so


def _paths(text: str) -> list[str]:
    found = [
        _plain(each[1] or each[2]) for each in _QUOTED.finditer(text) if _is_path(each[1] or each[2])
    ]
    if not found and (pair := _FROM_TO.search(text)):
        found = _stripped(pair)
    found = [each for each in found if _is_path(each)]
    found = found or [each[0].rstrip(".,;)]") for each in _BARE.finditer(text)]
    found = found or [each[0].rstrip(".,;)]") for each in _ON_UNIX.finditer(text)]
    return list(dict.fromkeys(found))


def _stripped(pair: re.Match[str]) -> list[str]:
    return [part.strip().strip("'\"`") for part in pair.groups()]


def _is_path(text: str) -> bool:
    return bool(re.search(r"[\\/]", text)) and "://" not in text and len(text) > 1


def _plain(text: str) -> str:
    """A path as it is, where Python or JavaScript shows it with its backslashes doubled."""
    if "\\\\" in text and _DOUBLED.fullmatch(text):
        return text.replace("\\\\", "\\")
    return text
