"""Injectable clocks; no strategy and no trial reads the time in another way.

`RealClock` is the machine's own; `VirtualClock` is the outcome clock of the emulated platform, where a
minute of waiting costs nothing. It counts whole nanoseconds, because 100 waits of 0.1 s must end at 10 s
and not just before.
"""

from __future__ import annotations

import time
from typing import Final, Protocol

from typing_extensions import override

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
NS_PER_US: Final = 1_000


class Clock(Protocol):
    """The time as a persist loop needs it."""

    def now_ns(self) -> int:
        """Nanoseconds since some fixed moment; never decreasing."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class RealClock:
    """The machine's own time.

    ``perf_counter`` rather than ``monotonic``: on Windows the latter ticks every 15.6 ms up to
    Python 3.12.
    """

    now_ns = staticmethod(time.perf_counter_ns)
    sleep = staticmethod(time.sleep)


class VirtualClock(Clock):
    """A clock that advances only on request."""

    __slots__ = ("_now_ns",)

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    @override
    def now_ns(self) -> int:
        return self._now_ns

    @override
    def sleep(self, seconds: float) -> None:
        self._now_ns += to_ns(seconds)

    def advance_ns(self, duration_ns: int) -> None:
        """Advance by a whole number of nanoseconds."""
        self._now_ns += duration_ns

    def set_ns(self, now_ns: int) -> None:
        """Go to a moment, as an event queue does between tasks with times of their own."""
        self._now_ns = now_ns


def to_ns(seconds: float) -> int:
    """Convert seconds to the nearest whole nanosecond."""
    return round(seconds * NS_PER_S)


def sleep_overshoots_ns(wait_s: float, rounds: int) -> list[int]:
    """The nanoseconds by which each of several sleeps of `wait_s` is too long on this machine."""
    over = []
    for _ in range(rounds):
        began = time.perf_counter_ns()
        time.sleep(wait_s)
        over.append(time.perf_counter_ns() - began - to_ns(wait_s))
    return over


REAL_CLOCK: Final = RealClock()
