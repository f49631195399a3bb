"""The holds of now, and which calls of Python they refuse: really, or by the emulated rules.

`EmulatedLocks` decides with the lock table of the emulated platform, and keeps child processes from the
same files where it can. `RealLocks` has a second process hold the files, so that Windows itself refuses;
the table beside it tells what a call meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from typing_extensions import override

from harness.errors import NotSupportedError
from harness.holds.sharing_rules import Denial
from harness.platform.emulated.lock_table import LockTable
from harness.platform.file_holder import file_holder, not_taken
from harness.preload.native_rules import Denied, code_of
from harness.testing import calls
from harness.testing.answers import denial_of, touched
from harness.testing.child_processes import child_processes
from harness.testing.passing_time import machine_ns

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.holds.handles import Hold, Receipt
    from harness.platform.file_holder import FileHolder
    from harness.testing.calls import Call
    from harness.testing.child_processes import ChildCall, ChildProcesses


__tracebackhide__ = True  # pytest shows the test, not this


@dataclass(frozen=True, slots=True)
class Answer:
    """A call before it is made: the holds that it meets, and how they refuse it.

    `holds` are numbers in the order of taking; `code` is ``None`` where the call is not refused.
    """

    holds: tuple[int, ...] = ()
    code: int | None = None


NOTHING: Final = Answer()


@dataclass(frozen=True, slots=True)
class Refused:
    """A call of a child process that was refused, the holds that it met, and with which code."""

    call: ChildCall
    holds: tuple[int, ...]
    code: int


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

    @property
    def reaches_children(self) -> bool:
        """Whether child processes are kept from files, which then must be told of holds that end."""

    def refused_children(self) -> list[Refused]:
        """Return the calls of child processes that were refused since the last time."""

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
        self._children: ChildProcesses | None = None
        self._are_children_asked = False
        self._kept: dict[int, str] = {}  # the path of each file that children are kept from
        self._denials: list[_Denial] = []  # the same as children see it, and those of before
        self._refused: list[Refused] = []
        self._renames: list[tuple[str, str]] = []  # that were let through, and may have come

    def take(self, hold: Hold, code: int | None = None) -> int:
        """See `Locks.take`: codes that no handle gives are given all the same."""
        if not self._are_children_asked:  # before the hold begins, since it may take a while
            self._are_children_asked = True
            self._children = self._open_children()
        now_ns = self.settle()
        number = len(self._table.receipts())
        self._table.schedule_hold(hold, now_ns)
        self._table.advance(now_ns)
        if (error := self.receipt(number).error) is not None:
            raise not_taken(hold, error)
        if code is not None:
            self._codes[number] = code
        self._keep_children()
        return number

    def _open_children(self) -> ChildProcesses | None:
        return child_processes()

    def release(self, number: int) -> None:
        """See `Locks.release`."""
        self._table.release(number, self.settle())
        self._keep_children()

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
        self._hear_children(now_ns)
        self._table.advance(now_ns)
        self._keep_children()
        return now_ns

    def _hear_children(self, now_ns: int) -> None:
        """Note what children were refused, and count it for the holds that end after some failures."""
        for call in self._children.refused() if self._children is not None else ():
            answers = {
                each.number: code
                for each in self._denials
                if each.is_in_force(call.at_ns)
                and (code := code_of(each.denied, call.logged)) is not None
            }
            met = tuple(answers)
            handles = [handle for number in met if (handle := self._table.handle(number)) is not None]
            if met:
                self._refused.append(Refused(call, met, answers[met[0]]))
                self._table.count_failure(handles, now_ns)

    def _keep_children(self) -> None:
        """Keep children from what is held now, and from nothing else."""
        if self._children is None:
            return
        holds = self._table.receipts()
        held = {
            number: handle.path
            for number, each in enumerate(holds)
            if each.released_ns is None
            and (handle := self._table.handle(number)) is not None
            and handle.path
        }
        if held == self._kept:
            return
        began_ns = machine_ns()
        denied = {
            number: Denied(replace(holds[number].hold, path=path), self._codes.get(number))
            for number, path in held.items()
        }
        try:
            self._children.deny(denied.values())
        except NotSupportedError:  # they know fewer files than Python's own calls do
            self._children.close()
            self._children = None
        for denial in self._denials:
            if denial.until_ns is None and self._kept[denial.number] != held.get(denial.number):
                denial.until_ns = machine_ns()
        self._denials += [
            _Denial(number, each, began_ns)
            for number, each in denied.items()
            if self._kept.get(number) != each.hold.path
        ]
        self._kept = held

    @property
    def reaches_children(self) -> bool:
        """See `Locks.reaches_children`."""
        return self._children is not None

    def refused_children(self) -> list[Refused]:
        """See `Locks.refused_children`."""
        refused, self._refused = self._refused, []
        return refused

    def close(self) -> None:
        """See `Locks.close`."""
        for number in self._taken():
            self.release(number)
        if self._children is not None:
            self._children.close()


@dataclass(slots=True)
class _Denial:
    """A file that children are kept from because of a hold, and when, by the machine's clock.

    A call that was refused may be heard of when the hold is over.
    """

    number: int
    denied: Denied
    from_ns: int
    until_ns: int | None = None

    def is_in_force(self, at_ns: int) -> bool:
        """Whether children were kept from the file at a moment."""
        return self.from_ns <= at_ns and (self.until_ns is None or at_ns <= self.until_ns)


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
    def _open_children(self) -> None:
        """Windows itself refuses their calls."""

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
