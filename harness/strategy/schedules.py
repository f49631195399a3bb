"""When a strategy would try, if every attempt failed: its schedule, without waiting for it.

The same loop that persists real files runs here against an operation that always fails, on a virtual
clock. So the printed attempt times cannot drift from what the strategy does. A strategy with jitter has
a `Timetable` of many schedules, drawn from seeds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache, cached_property, partial
from statistics import median
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS, VirtualClock
from harness.strategy.attempt import Attempt, Verdict
from harness.strategy.operation import Install, Operation
from harness.winerror import ACCESS_DENIED, MESSAGES, win32_error

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy
    from harness.strategy.spec import Sentence

MAX_ATTEMPTS: Final = 10_000
"""Where listing stops for a strategy that would never give up."""

HOT_LOOP_COST_MS: Final = 0.3
"""What an attempt of a hot loop is declared to take: the default `attempt_cost_ms` of scenarios.

A loop without waits, until some time is over, makes as many attempts as the machine can; if they took
no time at all it would never end.
"""
MAX_HOT_ATTEMPTS: Final = 100_000

DRAWS: Final = 200
"""How many schedules stand for a strategy with jitter."""
DRAWN_ATTEMPTS: Final = 40_000
"""So many attempts are drawn in all: who makes very many has fewer draws."""
FEWEST_DRAWS: Final = 10


@dataclass(frozen=True, slots=True)
class Schedule:
    """The attempts of a strategy against an operation that fails with `code` for ever.

    `attempts_ms` are the starts of the attempts, in milliseconds from the first. `gave_up_ms` is when
    the last error is handed back; it is later than the last attempt if the strategy waits once more
    before it gives up. `verdict` is ``None`` when the listing was cut at `MAX_ATTEMPTS`.
    """

    code: int
    attempts_ms: tuple[float, ...]
    gave_up_ms: float
    verdict: Verdict | None

    @property
    def budget_ms(self) -> float:
        """The longest hold, counted from the first attempt, that is survived with these waits."""
        return self.attempts_ms[-1]


class _Operation(Operation):
    """An operation on no file, whose target is declared to exist or not."""

    __slots__ = ()

    def target_exists(self) -> bool:
        return self.target is not None

    def target_is_directory(self) -> bool:
        return False


def schedule(
    strategy: Strategy,
    *,
    code: int = ACCESS_DENIED,
    target_exists: bool = False,
    attempt_cost_ms: float = 0.0,
    seed: int = 0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Schedule:
    """List when `strategy` attempts an operation that always fails with Win32 `code`.

    Each attempt takes `attempt_cost_ms`. Jitter is drawn from `seed`, so the times of a strategy with
    jitter are one example of many. `target_exists` is what the strategy finds if it looks.
    """
    clock = VirtualClock()
    cost_ns = round(attempt_cost_ms * NS_PER_MS)
    starts_ns: list[int] = []

    def fail() -> None:
        starts_ns.append(clock.now_ns())
        clock.advance_ns(cost_ns)
        raise win32_error(code)

    operation = _Operation("rename", "move-replace", "", "target" if target_exists else None, fail)
    attempt = Attempt(operation, Install(), clock, random.Random(seed), clock.now_ns())
    try:
        fail()
    except OSError as error:
        first = error
    try:
        for wait_s in strategy.retries(attempt, first):
            if len(starts_ns) >= max_attempts:
                break
            clock.sleep(wait_s)
    except OSError:
        pass
    return Schedule(
        code=code,
        attempts_ms=tuple(start / NS_PER_MS for start in starts_ns),
        gave_up_ms=clock.now_ns() / NS_PER_MS,
        verdict=attempt.verdict,
    )


def retried_codes(strategy: Strategy) -> tuple[int, ...]:
    """Find the Win32 codes that `strategy` retries, by asking it about each code we know."""
    return tuple(
        code for code in MESSAGES if len(schedule(strategy, code=code, max_attempts=2).attempts_ms) > 1
    )


@dataclass(frozen=True, slots=True)
class Range:
    """A number that may differ from draw to draw: the middle of the draws, the least and the most."""

    median: float
    least: float
    most: float

    @property
    def is_one(self) -> bool:
        """Whether all draws agree."""
        return self.least == self.most


@dataclass(frozen=True)
class Timetable:
    """The schedules of a strategy: one, or with jitter up to `DRAWS`, from the seeds 0, 1, 2 …

    `attempt_cost_ms` is what every attempt is declared to take: 0, but for hot loops.
    """

    schedules: tuple[Schedule, ...]
    attempt_cost_ms: float = 0.0

    @property
    def is_random(self) -> bool:
        """Whether there is more than one."""
        return len(self.schedules) > 1

    @cached_property
    def typical(self) -> Schedule:
        """The schedule whose budget is in the middle: the one that stands for all where one must."""
        ordered = sorted(self.schedules, key=lambda listed: listed.budget_ms)
        return ordered[len(ordered) // 2]

    @cached_property
    def attempts(self) -> Range:
        """How many attempts it makes."""
        return range_of([len(listed.attempts_ms) for listed in self.schedules])

    @cached_property
    def budget_ms(self) -> Range:
        """See `Schedule.budget_ms`."""
        return range_of([listed.budget_ms for listed in self.schedules])

    @cached_property
    def gave_up_ms(self) -> Range:
        """See `Schedule.gave_up_ms`."""
        return range_of([listed.gave_up_ms for listed in self.schedules])

    @property
    def is_cut(self) -> bool:
        """Whether it would go on beyond what is listed."""
        return any(listed.verdict is None for listed in self.schedules)


def timetable(
    strategy: Strategy,
    *,
    code: int | None = None,
    target_exists: bool = False,
    may_be_random: bool = True,
) -> Timetable:
    """List when `strategy` attempts an operation that always fails with `code`, for draws of its jitter.

    Without `code`, the first one that it retries. A strategy whose times are the same for two seeds has
    no jitter; of a sentence it is known whether it may have any. Hot loops get `HOT_LOOP_COST_MS` an
    attempt, so that they end. There are `DRAWS` draws, or as many as `DRAWN_ATTEMPTS` allow, but at
    least `FEWEST_DRAWS`.
    """
    if code is None:
        code = next(iter(retried_codes(strategy)), ACCESS_DENIED)
    draw = partial(schedule, strategy, code=code, target_exists=target_exists)
    first, cost_ms = draw(), 0.0
    if _is_hot(first):
        cost_ms = HOT_LOOP_COST_MS
        draw = partial(draw, attempt_cost_ms=cost_ms, max_attempts=MAX_HOT_ATTEMPTS)
        first = draw()
    if not may_be_random or draw(seed=1) == first:
        return Timetable((first,), cost_ms)
    draws = min(max(DRAWN_ATTEMPTS // len(first.attempts_ms), FEWEST_DRAWS), DRAWS)
    return Timetable((first, *(draw(seed=seed) for seed in range(1, draws))), cost_ms)


def times_of(sentence: Sentence) -> Timetable:
    """List when the policy of `sentence` attempts what it retries and what always fails.

    Only its waits and its stop rule matter, so policies that differ in anything else share one answer.
    """
    return _times_of(sentence.bare())


@cache
def _times_of(bare: Sentence) -> Timetable:
    return timetable(bare.strategy(str(bare)), code=ACCESS_DENIED, may_be_random=bare.is_random)


def _is_hot(listed: Schedule) -> bool:
    """Whether it never waits, or goes on and waits no longer."""
    times = listed.attempts_ms
    if listed.verdict is None:
        return times[-1] <= times[len(times) // 2]
    return len(times) > _FEW and times[-1] == 0


_FEW: Final = 2
"""One retry at once is no loop."""


def range_of(values: list[float] | list[int]) -> Range:
    """The range of what the draws give."""
    return Range(float(median(values)), float(min(values)), float(max(values)))
