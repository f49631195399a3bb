"""The seam for tests that want a file held: a second process opens it, where that has an effect.

Only Windows and Wine refuse calls on files that another process has open. Elsewhere there is no file
holder, and `harness.testing` refuses Python's own calls by the emulated rules.
"""

from __future__ import annotations

import atexit
import sys
from functools import cache
from typing import TYPE_CHECKING, Protocol

from harness.errors import HoldNotTakenError
from harness.winerror import ALL_MESSAGES

if TYPE_CHECKING:
    from harness.holds.handles import Hold


class FileHolder(Protocol):
    """Files that another process has open for one user, such as a test."""

    def take(self, hold: Hold) -> tuple[int, int | None]:
        """Take a hold now; return its number, and the Win32 code of what was in its way, if anything.

        Raises `HoldLostError` if the process is gone.
        """

    def release(self, number: int) -> None:
        """Release a hold, by its number. Raises as `take`."""

    def close(self) -> None:
        """Release all holds of this user."""


class _Locker:
    """The locker of the Windows platform, started once: a start takes long."""

    def __init__(self) -> None:
        from harness.platform.windows.locker_process import LockerProcess  # noqa: PLC0415 - only there

        self.process = LockerProcess()
        atexit.register(self.process.close)
        self.users = 0
        self.taken = 0


class _User:
    """One user of the locker."""

    def __init__(self, locker: _Locker) -> None:
        self._locker = locker
        self._numbers: list[int] = []
        locker.users += 1

    def take(self, hold: Hold) -> tuple[int, int | None]:
        number = self._locker.taken
        self._locker.taken += 1
        (error,) = self._locker.process.schedule_holds([hold])
        self._numbers.append(number)
        return number, error

    def release(self, number: int) -> None:
        self._locker.process.release(number)

    def close(self) -> None:
        for number in self._numbers:
            self.release(number)
        self._locker.users -= 1
        if not self._locker.users:  # numbers begin again
            self._locker.process.end()
            self._locker.taken = 0


_locker = cache(_Locker)


def not_taken(hold: Hold, error: int) -> HoldNotTakenError:
    """Make the error of a file that cannot be held, for a Win32 code."""
    why = ALL_MESSAGES.get(error, "it cannot be opened")
    return HoldNotTakenError(
        f"{hold.path} cannot be held: {why} (error {error})",
        hint="It must exist, and whoever has it open must share what the hold does.",
    )


def file_holder() -> FileHolder | None:
    """Return a file holder; ``None`` where an open file blocks no call.

    Raises `HoldLostError` if its process does not start.
    """
    return _User(_locker()) if sys.platform == "win32" else None
