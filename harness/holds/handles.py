"""A hold as it is ordered from a platform: a handle with its access, share mode, section, byte range.

The terms are the same on every platform: the emulated lock table decides with them, the locker process
on Windows turns them into arguments of ``CreateFileW``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag
from typing import Final, Literal


class Access(Flag):
    """The access of a handle, as far as it matters for the sharing check.

    An open for attributes only (`NONE`) takes no part in that check. Listing a directory counts as
    `READ`, adding a name to it as `WRITE`.
    """

    NONE = 0
    READ = 1
    WRITE = 2
    DELETE = 4


Share = Access
"""The access that a handle lets others have while it is open."""


OwnError = Literal[110, 225, 1224, 1920]
"""Errors that a machine answers of itself for a file, with no handle in the way."""
Section = Literal["data", "image"]
"""A mapping that outlives its handle: plain data, or the image of a loaded program."""

AccessName = Literal["attributes", "read", "write", "delete", "read+write", "read+delete"]
ShareName = Literal["none", "r", "w", "d", "rw", "rd", "wd", "rwd"]

ACCESS_NAMES: Final = {
    "attributes": Access.NONE,
    "read": Access.READ,
    "write": Access.WRITE,
    "delete": Access.DELETE,
    "read+write": Access.READ | Access.WRITE,
    "read+delete": Access.READ | Access.DELETE,
}
SHARE_NAMES: Final = {
    "none": Share.NONE,
    "r": Share.READ,
    "w": Share.WRITE,
    "d": Share.DELETE,
    "rw": Share.READ | Share.WRITE,
    "rd": Share.READ | Share.DELETE,
    "wd": Share.WRITE | Share.DELETE,
    "rwd": Share.READ | Share.WRITE | Share.DELETE,
}
SHARE_ALL: Final = SHARE_NAMES["rwd"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A handle to take on `path` and to keep.

    Times are nanoseconds from the moment the hold is scheduled. `duration_ns` is ``None`` for a hold
    that is never released. `release_after_failures` closes it after that many attempts failed because of
    it. `vanish` deletes the file when the hold ends (quarantine). `locks_bytes` adds an exclusive
    byte-range lock over the whole file. With `section` the handle itself is closed at once and only the
    mapping stays. With `own_error` there is no handle: opening the file fails with that code.
    With `arrives_from` nothing is held: what is at that path is renamed to `path`, unless something is
    there.
    """

    object: str
    path: str
    access: Access = Access.READ
    share: Share = SHARE_ALL
    starts_ns: int = 0
    duration_ns: int | None = None
    release_after_failures: int | None = None
    vanish: bool = False
    locks_bytes: bool = False
    section: Section | None = None
    own_error: OwnError | None = None
    arrives_from: str | None = None


@dataclass(slots=True)
class Receipt:
    """The times at which a `Hold` was really taken and released, on the trial's clock.

    `opened_ns` is ``None`` if it was never taken, and then `error` has the Win32 code (2: the file had
    already moved; ``None``: the trial ended before). `released_ns` is ``None`` if the hold lasted until
    the end of the trial. `asked_ns` is when the handle was asked for; it is ``None`` where that takes no
    time. A scanner may keep the open waiting, until `opened_ns`.
    """

    hold: Hold
    planned_ns: int
    opened_ns: int | None = None
    released_ns: int | None = None
    error: int | None = None
    asked_ns: int | None = None
