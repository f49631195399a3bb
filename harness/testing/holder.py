"""Hold files for a test: now, until an attempt, when they come, or as a profile draws it.

    with hold(target, for_ms=300):
        install(target)

On Windows and under Wine a second process opens the file. Elsewhere Python's own calls are refused as
Windows would refuse them, by the rules that `harness` measures with, and those of child processes on
Linux with a C compiler; C code in this process is not.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from harness.clock import NS_PER_MS, NS_PER_S
from harness.errors import HoldNotTakenError, InvalidInputError
from harness.holds.handles import AccessName, Hold, ShareName
from harness.holds.seed import fresh_seed
from harness.scenario.load import load_profile_file
from harness.testing.answers import error_of
from harness.testing.calls import START, TAKING_AWAY
from harness.testing.created import CreatedFiles
from harness.testing.drawn_holds import drawn_on
from harness.testing.locks import open_locks
from harness.testing.passing_time import TestClock
from harness.testing.plain_hold import AnyPath, absolute, failures_before, plain_hold
from harness.testing.sites import call_site, is_of_python
from harness.testing.timeline import HoldSeen, Made, timeline
from harness.testing.watch import listening, not_listening
from harness.winerror import ALL_MESSAGES

if TYPE_CHECKING:
    from harness.testing.calls import Call

__tracebackhide__ = True  # pytest shows the test, not this
_TICK_S: Final = 0.02
_SLACK_S: Final = 0.001
"""A timer may be early by what its clock does not resolve."""


class Held:
    """Files that are held: a context at whose end they are released."""

    def __init__(self, holding: Holding, numbers: list[int]) -> None:
        self._holding = holding
        self._numbers = numbers

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is held any more."""
        return self._holding.are_over(self._numbers)

    @property
    def refused(self) -> int:
        """Number of calls that it refused so far; where the machine itself answers, by the rules."""
        return self._holding.refused_by(self._numbers)

    def release(self) -> None:
        """Release what is still held."""
        self._holding.release(self._numbers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Holding:
    """The holds of one test, and the calls that met them. Use `holding` to have one."""

    def __init__(self, seed: int | str | None = None) -> None:
        self.seed = fresh_seed() if seed is None else seed
        self._clock = TestClock()
        self._began_ns = self._clock.now_ns()
        self._locks = open_locks(self._clock)
        self._holds: dict[int, Hold] = {}
        self._made: list[Made] = []
        self._created = CreatedFiles()
        self._next: list[Callable[[str], None]] = []
        self._draws = 0
        self._is_closed = False
        self._timers: list[threading.Timer] = []
        self._closing = threading.Event()
        self._follows_children = False
        self._changing = threading.RLock()

    def __call__(
        self,
        path: AnyPath,
        *,
        for_ms: float | None = None,
        share: ShareName = "r",
        access: AccessName = "read",
        code: int | None = None,
    ) -> Held:
        """Hold a file or a folder, from now on.

        It is held for `for_ms` milliseconds, or until the end of the ``with`` or of the test. `access`
        is what the holder has it open for, `share` what it lets others do: from ``none`` to ``rwd``.
        With `code` every call on the file fails with that Win32 code, which no Windows can be told to
        do.

        Raises `HoldNotTakenError` if it cannot be opened so, `InvalidInputError` for a value that makes
        no sense, and `NotSupportedError` for a `code` on Windows.
        """
        return self._take([plain_hold(path, for_ms, share, access)], _known(code))

    def until_attempt(
        self,
        number: int,
        path: AnyPath | None = None,
        *,
        share: ShareName = "r",
        access: AccessName = "read",
    ) -> Held:
        """Hold a file until the `number`-th call that it would refuse: that one succeeds.

        Without a path it is the next file or folder that is renamed, replaced or removed, whatever its
        name. Raises `InvalidInputError` as a plain hold does, and for a number below 2.
        """
        fails = failures_before(number)
        if path is not None:
            return self._take([plain_hold(path, None, share, access, fails=fails)])
        plain_hold(".", None, share, access)  # wrong values are said now
        numbers: list[int] = []

        def hold_it(path: str) -> None:
            numbers.append(self._take_one(plain_hold(path, None, share, access, fails=fails), None))

        self._next.append(hold_it)
        return Held(self, numbers)

    def vanish(self, path: AnyPath, *, after_ms: float = 0.0) -> Held:
        """Hold a file as a scanner does that finds a virus: no call may use it, then it is deleted.

        Raises `InvalidInputError` as a plain hold does.
        """
        return self._take([plain_hold(path, after_ms, "none", "read", vanish=True)])

    def when_created(
        self,
        pattern: str,
        *,
        for_ms: float | None = None,
        until_attempt: int | None = None,
        share: ShareName = "r",
        access: AccessName = "read",
        code: int | None = None,
    ) -> Held:
        """Hold each file that comes from now on and whose name matches, such as ``*.exe``.

        A pattern with a ``/`` is held against the whole path. A file is held once its writer has closed
        it: before the next call that this process makes. Raises `InvalidInputError` for values that make
        no sense.
        """
        fails = None if until_attempt is None else failures_before(until_attempt)
        known = _known(code)
        plain_hold(pattern, for_ms, share, access, fails=fails)  # wrong values are said now
        return self._expect(
            pattern, lambda path: [plain_hold(path, for_ms, share, access, fails=fails)], known
        )

    def profile(self, name: str, path: AnyPath) -> Held:
        """Hold a file, or what is in a folder, as a profile draws it from the seed.

        The draw may be that nothing is held. Raises the errors of `harness.load_scenario` for a profile,
        and `OSError` for a file that cannot be read.
        """
        profile = load_profile_file(name).profile
        self._draws += 1
        with not_listening():
            drawn = drawn_on(profile, absolute(path), f"{self.seed}/{self._draws}")
        return self._take(drawn)

    def profile_when_created(self, name: str, pattern: str = "*") -> Held:
        """Hold each file that comes from now on as a profile draws it. Raises as `profile`."""
        profile = load_profile_file(name).profile

        def draw(path: str) -> list[Hold]:
            self._draws += 1
            return drawn_on(profile, path, f"{self.seed}/{self._draws}")

        return self._expect(pattern, draw)

    def take(self, hold: Hold) -> Held:
        """Hold a file in any way that there is: with its bytes locked, mapped, or later."""
        return self._take([hold])

    @property
    def has_drawn(self) -> bool:
        """Whether something was drawn from the seed."""
        return self._draws > 0

    @property
    def calls(self) -> Sequence[Made]:
        """The calls so far that met something held, in order."""
        self._settle()
        return tuple(self._made)

    def timeline(self, below: AnyPath | None = None) -> list[str]:
        """Return what was held and which calls met that, as lines of text.

        Paths are as seen from the folder `below`, by default the current one.
        """
        with self._changing, not_listening():
            self._settle()
            held = [
                HoldSeen(number, hold, self._ms(receipt.opened_ns), self._ms(receipt.released_ns))
                for number, hold in self._holds.items()
                for receipt in [self._locks.receipt(number)]
            ]
        folder = absolute(below or ".")
        return timeline(
            held,
            self._made,
            folder,
            refused_here=self._locks.refuses,
            reaches_children=self._locks.reaches_children,
        )

    def are_over(self, numbers: list[int]) -> bool:
        """Whether holds have ended."""
        with self._changing, not_listening():
            self._settle()
            return all(self._locks.receipt(number).released_ns is not None for number in numbers)

    def refused_by(self, numbers: list[int]) -> int:
        """Return how many calls some of the holds refused."""
        self._settle()
        by = set(numbers)
        return sum(each.code is not None and not by.isdisjoint(each.holds) for each in self._made)

    def release(self, numbers: list[int]) -> None:
        """Release holds that are still taken."""
        with self._changing, not_listening():
            for number in numbers:
                self._locks.release(number)

    def close(self) -> None:
        """Release all."""
        self._closing.set()
        for timer in self._timers:
            timer.cancel()
        with self._changing, not_listening():
            if not self._is_closed:
                self._settle()
                self._locks.close()
            self._is_closed = True

    def hear(self, call: Call) -> OSError | None:
        """Hear of a call before it is made; return the error with which it is refused."""
        if call.name == START:
            self._follow_children()
            return None
        with self._changing:
            self._created.hold()
            self._hold_next(call)
            answer = self._locks.answer(call)
            if answer.code is None:
                self._created.note(call)
            if not answer.holds and answer.code is None:
                return None
            at_ms = (self._clock.now_ns() - self._began_ns) / NS_PER_MS
            by = f"at {call_site()}"
            self._made.append(Made(at_ms, call.name, call.paths, answer.code, by, answer.holds))
        return None if answer.code is None or not self._locks.refuses else error_of(call, answer.code)

    def _hold_next(self, call: Call) -> None:
        """Hold the file that a call takes away, if the next one is to be held."""
        if not self._next or call.name not in TAKING_AWAY:
            return
        path = next((path for path in reversed(call.paths) if os.path.lexists(path)), None)
        if path is not None and not is_of_python(path):
            with suppress(HoldNotTakenError):  # something else holds it
                self._next.pop(0)(path)

    def _expect(self, pattern: str, draw: Callable[[str], list[Hold]], code: int | None = None) -> Held:
        numbers: list[int] = []
        to_take: dict[str, list[Hold]] = {}  # drawn once, however often it is tried

        def hold_it(path: str) -> bool:
            try:
                holds = to_take.pop(path, None) or draw(path)
            except OSError:  # it cannot be read, or is gone
                return False
            while holds:
                try:
                    numbers.append(self._take_one(holds[0], code))
                except HoldNotTakenError:  # its writer has it open, or it is gone
                    to_take[path] = holds
                    return False
                holds = holds[1:]
            return True

        self._created.expect(pattern, hold_it)
        return Held(self, numbers)

    def _take(self, holds: list[Hold], code: int | None = None) -> Held:
        numbers: list[int] = []
        with self._changing, not_listening():
            try:
                numbers.extend(self._take_one(hold, code) for hold in holds)
            except BaseException:
                self.release(numbers)
                raise
        return Held(self, numbers)

    def _take_one(self, hold: Hold, code: int | None) -> int:
        number = self._locks.take(hold, code)
        self._holds[number] = hold
        if hold.vanish and hold.duration_ns is not None and not self._clock.is_virtual:
            wait_s = (hold.starts_ns + hold.duration_ns) / NS_PER_S + _SLACK_S
            timer = threading.Timer(wait_s, self._settle)  # it goes also while no call is made
            timer.daemon = True
            timer.start()
            self._timers.append(timer)
        return number

    def _settle(self) -> None:
        with self._changing, not_listening():
            if self._is_closed:
                return
            now_ns = self._locks.settle()
            for each in self._locks.refused_children():
                at_ns = now_ns if self._clock.is_virtual else each.call.at_ns
                made = Made(
                    (at_ns - self._began_ns) / NS_PER_MS,
                    each.call.name,
                    each.call.paths,
                    each.code,
                    f"by process {each.call.process}",
                    each.holds,
                )
                self._made.append(made)

    def _follow_children(self) -> None:
        """Tell child processes of holds that end from now on, while this one may wait for them."""
        with self._changing:
            self._created.hold()
            self._settle()  # names that have changed since the last call
            if self._follows_children or not self._locks.reaches_children:
                return
            self._follows_children = True

        def follow() -> None:
            while not self._closing.wait(_TICK_S):
                self._settle()

        threading.Thread(target=follow, name="harness-hold", daemon=True).start()

    def _ms(self, at_ns: int | None) -> float | None:
        return None if at_ns is None else (at_ns - self._began_ns) / NS_PER_MS


@contextmanager
def holding(seed: int | str | None = None) -> Iterator[Holding]:
    """Have files held within; at the end all are released. `seed` is for what profiles draw.

    An error that ends it gets the timeline as a note. Raises `HoldLostError` where no process can be
    started that holds files.
    """
    with ExitStack() as stack:
        held = Holding(seed)
        stack.callback(held.close)
        stack.enter_context(listening(held.hear))
        try:
            yield held
        except Exception as error:
            with suppress(OSError):  # the current folder may be gone
                error.add_note("\n".join(held.timeline()))
            raise


@contextmanager
def hold(
    path: AnyPath,
    *,
    for_ms: float | None = None,
    share: ShareName = "r",
    access: AccessName = "read",
    code: int | None = None,
) -> Iterator[Held]:
    """Hold one file or folder within. Values and errors are those of `Holding`."""
    with (
        holding() as held,
        held(path, for_ms=for_ms, share=share, access=access, code=code) as one,
    ):
        yield one


def _known(code: int | None) -> int | None:
    if code is not None and code not in ALL_MESSAGES:
        codes = ", ".join(map(str, sorted(ALL_MESSAGES)))
        raise InvalidInputError(f"{code} is no Win32 code of calls on files", hint=f"Known are {codes}.")
    return code
