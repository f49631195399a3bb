"""Denials: which calls on which files fail, how and how long, as ``wine/denials.c`` reads them."""

from __future__ import annotations

import errno
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Call = Literal["rename", "delete", "write", "open", "create"]
Side = Literal["source", "target"]
Effect = Literal[5, 32, 33, 145, "quarantine"]
PreloadLab = Literal["wine", "linux"]

CODES: Final[tuple[Literal[5, 32, 33, 145], ...]] = (5, 32, 33, 145)
"""The Win32 codes that holds cause: access denied, sharing violation, lock violation, and, for a folder
in which a deletion is pending, directory not empty."""
ERRNO: Final[Mapping[PreloadLab, Mapping[int, int]]] = {
    # file_set_error() of Wine's server (server/file.c) makes these codes of these errors
    "wine": {5: errno.EACCES, 32: errno.EAGAIN, 33: errno.EBUSY, 145: errno.ENOTEMPTY},
    # what libuv (src/win/error.c) and Python show programs for these codes, as far as Linux has it
    "linux": {5: errno.EACCES, 32: errno.EBUSY, 33: errno.EBUSY, 145: errno.ENOTEMPTY},
}
QUARANTINE: Final = -1
WATCHED: Final[tuple[Call, ...]] = ("rename", "delete", "write", "create")


@dataclass(frozen=True, slots=True)
class Denial:
    """Calls on what matches `pattern`, relative to the run's folder, fail with `effect`.

    `hold_s` is how long after the first attempt on a path, ``None`` for always; at least the `first`
    attempts fail. `quarantine` removes the file at the first attempt instead. A ``*`` stands for
    anything, with `same_depth` for anything but ``/``.
    """

    call: Call
    pattern: str
    effect: Effect
    side: Side = "source"
    hold_s: float | None = None
    first: int = 0
    same_depth: bool = False

    def line(self, folder: Path, lab: PreloadLab) -> str:
        """The rule for programs that run in `folder`."""
        effect = QUARANTINE if self.effect == "quarantine" else ERRNO[lab][self.effect]
        hold_ms = -1 if self.hold_s is None else self.hold_s * 1000
        depth = "same" if self.same_depth else "any"
        pattern = below(folder, self.pattern)
        return _line(self.call, self.side, effect, hold_ms, self.first, depth, pattern)


def rules_text(denials: Iterable[Denial], folder: Path, lab: PreloadLab) -> str:
    """All rules for programs that run in `folder`: the denials, then a log of every other call there."""
    lines = [denial.line(folder, lab) for denial in denials]
    watched = [_line(call, "source", 0, 0, 0, "any", below(folder, "*")) for call in WATCHED]
    return "".join(f"{line}\n" for line in [*lines, *watched])


def exact_line(call: Call, side: Side, number: int, path: str, first: int | None = None) -> str:
    """The rule by which a call on one path fails with an errno, in a native program.

    The `first` ones do, by default all.
    """
    hold_ms = -1 if first is None else 0
    return _line(call, side, number, hold_ms, first or 0, "any", _literal(path))


def below(folder: Path, pattern: str) -> str:
    """The absolute pattern of a relative one; in the folder's own path nothing is a wild card."""
    return f"{_literal(str(folder))}/{pattern}"


def _literal(path: str) -> str:
    """A pattern for one path. A line has no place for a line break or a tab: any character matches."""
    return re.sub(r"[\n\t]", "?", re.sub(r"([*?\[\]\\])", r"\\\1", path))


def write_whole(path: Path, text: str) -> None:
    """Write a file, such as that of the rules: its readers find the old text or the new one."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
    os.replace(temporary, path)


def _line(
    call: str, side: str, effect: int, hold_ms: float, first: int, depth: str, pattern: str
) -> str:
    return f"{call}\t{side}\t{effect}\t{hold_ms:g}\t{first}\t{depth}\t{pattern}"
