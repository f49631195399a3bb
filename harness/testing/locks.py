"""The holds of now, and which calls of Python they refuse: really, or by the emulated rules.

`EmulatedLocks` decides with the lock table of the emulated platform. `RealLocks` has a second process
hold the files, so that Windows itself refuses; the table beside it tells what a call meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from typing_extensions import override

from harness.errors import NotSupportedError
from harness.holds.sharing_rules import Denial
from harness.platform.emulated.lock_table import LockTable
from harness.platform.file_holder import file_holder, not_taken
from harness.testing import calls
from harness.testing.answers import denial_of, touched

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.holds.handles import Hold, Receipt
    from harness.platform.file_holder import FileHolder
    from harness.testing.calls import Call


@dataclass(frozen=True, slots=True)
class Answer:
    """A call before it is made: the holds that it meets, and how they refuse it.

    `holds` are numbers in the order of taking; `code` is ``None`` where the call is not refused.
    """

    holds: tuple[int, ...] = ()
    code: int | None = None


NOTHING: Final = Answer()


class Locks(Protocol):
    """Files that are held."""

    @property
    def refuses(self) -> bool:
        """Whether the caller is to refuse calls as `answer` says; else the machine does it."""

    def take(self, hold: Hold, code: int | None = None) -> int:
        """Take a hold now; return its number. With `code`, every call on its file fails with that.

        Raises `HoldNotTakenError` if the file cannot be opened so, `NotSupportedError` for a code that
        this machine does not give at will, `HoldLostError` if the holding process is gone.
        """

    def release(self, number: int) -> None:
        """Release a hold, if it is still taken."""

    def answer(self, call: Call) -> Answer:
        """Say which holds a call meets now, and how it is refused."""

    def receipt(self, number: int) -> Receipt:
        """The times of a hold so far, on the clock."""

    def settle(self) -> int:
        """Let what is due happen: holds that end, and files in quarantine that go. Return the time."""

    def close(self) -> None:
        """Release all."""


def open_locks(clock: Clock) -> Locks:
    """Make locks as this machine has them. Raises `HoldLostError` if no process can hold files."""
    holder = file_holder()
    return EmulatedLocks(clock) if holder is None else RealLocks(clock, holder)


class EmulatedLocks:
    """Locks by the rules of Windows, for Python's own calls on any machine."""

    refuses = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._table = LockTable()
        self._codes: dict[int, int] = {}
        self._renames: list[tuple[str, str]] = []  # that were let through, and may have come

    def take(self, hold: Hold, code: int | None = None) -> int:
        """See `Locks.take`: codes that no handle gives are given all the same."""
        now_ns = self.settle()
        number = len(self._table.receipts())
        self._table.schedule_hold(hold, now_ns)
        self._table.advance(now_ns)
        if (error := self.receipt(number).error) is not None:
            raise not_taken(hold, error)
        if code is not None:
            self._codes[number] = code
        return number

    def release(self, number: int) -> None:
        """See `Locks.release`."""
        self._table.release(number, self.settle())

    def answer(self, call: Call) -> Answer:
        """See `Locks.answer`. Counts a failure for the holds that end after some."""
        now_ns = self.settle()
        node = cache(self._table.node)  # each name is looked up once for a call
        handles = touched(call, node)
        if not handles:
            return NOTHING
        met = [number for number in self._taken() if self._table.handle(number) in handles]
        denial = self._given(met) or denial_of(call, node, "posix")
        if denial is None:
            if call.name in {calls.RENAME, calls.REPLACE}:
                self._renames.append((call.paths[0], call.paths[1]))
            return Answer(tuple(met))
        blocking = [number for number in met if self._table.handle(number) in denial.blockers]
        self._table.count_failure(denial.blockers, now_ns)
        return Answer(tuple(blocking or met), denial.code)

    def _given(self, met: Sequence[int]) -> Denial | None:
        """Return the answer that holds were given instead of that of their handles."""
        for number in met:
            if number in self._codes and (handle := self._table.handle(number)) is not None:
                return Denial(self._codes[number], [handle])
        return None

    def _taken(self) -> range:
        return range(len(self._table.receipts()))

    def receipt(self, number: int) -> Receipt:
        """See `Locks.receipt`."""
        return self._table.receipts()[number]

    def settle(self) -> int:
        """See `Locks.settle`."""
        now_ns = self._clock.now_ns()
        self._table.follow_names(self._renames)
        self._renames.clear()
        self._table.advance(now_ns)
        return now_ns

    def close(self) -> None:
        """See `Locks.close`."""
        for number in self._taken():
            self.release(number)


class RealLocks(EmulatedLocks):
    """Locks that a second process really takes; what a call meets is told by the rules.

    A hold that ends after some failures ends before the next call that would meet it.
    """

    refuses = False

    def __init__(self, clock: Clock, holder: FileHolder) -> None:
        super().__init__(clock)
        self._holder = holder
        self._really_taken: dict[int, int] = {}  # the holder's numbers, by ours

    @override
    def take(self, hold: Hold, code: int | None = None) -> int:
        if code is not None:
            raise NotSupportedError(
                f"Windows itself decides with which code a call on {hold.path} fails",
                hint="Leave the code out, and choose how the file is held: share, access, section.",
            )
        number = super().take(hold)  # before it is held: then it can be looked at
        theirs, error = self._holder.take(hold)
        if error is not None:
            super().release(number)
            raise not_taken(hold, error)
        self._really_taken[number] = theirs
        return number

    @override
    def release(self, number: int) -> None:
        super().release(number)
        self._end(number)

    @override
    def answer(self, call: Call) -> Answer:
        self.settle()
        for number in list(self._really_taken):
            if self.receipt(number).released_ns is not None:
                self._end(number)
        return super().answer(call)

    def _end(self, number: int) -> None:
        theirs = self._really_taken.pop(number, None)
        if theirs is not None:
            self._holder.release(theirs)

    @override
    def close(self) -> None:
        super().close()
        self._holder.close()
