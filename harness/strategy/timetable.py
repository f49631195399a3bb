"""The schedules of a strategy: one, or with jitter as many as stand for all that can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from statistics import median
from typing import TYPE_CHECKING, Final

from harness.strategy.schedules import Schedule, retried_codes, schedule
from harness.winerror import ACCESS_DENIED

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy
    from harness.strategy.spec import StrategySpec

ATTEMPT_COST_MS: Final = 0.3
"""What an attempt takes where no call is measured: declared, not measured.

It is the default of scenarios, and that of hot loops here: a loop without waits makes as many attempts
as the machine can until its time is over, and would never end if they took no time.
"""
MAX_HOT_ATTEMPTS: Final = 100_000
"""The number of attempts after which the listing of a hot loop is cut."""

DRAWS: Final = 200
"""How many schedules stand for a strategy with jitter."""
DRAWN_ATTEMPTS: Final = 40_000
"""How many attempts are drawn in all: strategies with very many attempts get fewer draws."""
FEWEST_DRAWS: Final = 10


@dataclass(frozen=True, slots=True)
class Range:
    """A number that may differ between the draws of jitter."""

    median: float
    """Median of the draws."""
    least: float
    """Least of the draws."""
    most: float
    """Most of the draws."""

    @property
    def is_one(self) -> bool:
        """Whether all draws agree."""
        return self.least == self.most

    def spelled(self, spell: Callable[[float], str]) -> str:
        """Spell it: ``160 s``, or with jitter ``~160 s (60.4 s to 268 s)``."""
        if self.is_one:
            return spell(self.median)
        return f"~{spell(self.median)} ({spell(self.least)} to {spell(self.most)})"


@dataclass(frozen=True)
class Timetable:
    """The schedules of a strategy: one, or with jitter up to `DRAWS`, from the seeds 0, 1, 2 …

    `attempt_cost_ms` is what every attempt is declared to take: 0 except in hot loops.
    """

    schedules: tuple[Schedule, ...]
    attempt_cost_ms: float = 0.0

    @property
    def is_random(self) -> bool:
        """Whether there is more than one."""
        return len(self.schedules) > 1

    @cached_property
    def typical(self) -> Schedule:
        """The schedule with the median budget, for use where one must represent all."""
        ordered = sorted(self.schedules, key=lambda listed: listed.budget_ms)
        return ordered[len(ordered) // 2]

    @cached_property
    def attempts(self) -> Range:
        """The number of attempts."""
        return range_of([len(listed.attempts_ms) for listed in self.schedules])

    @cached_property
    def budget_ms(self) -> Range:
        """The time from the first attempt to the last; see `Schedule.budget_ms`."""
        return range_of([listed.budget_ms for listed in self.schedules])

    @cached_property
    def gave_up_ms(self) -> Range:
        """The time until the last error is reported; see `Schedule.gave_up_ms`."""
        return range_of([listed.gave_up_ms for listed in self.schedules])

    @property
    def waits_after_last(self) -> bool:
        """Whether it waits once more between the last attempt and the report of its error."""
        listed = self.typical
        return listed.gave_up_ms > listed.budget_ms + self.attempt_cost_ms + 0.01  # sums of floats

    @property
    def is_cut(self) -> bool:
        """Whether the strategy would go on beyond what is listed."""
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
    no jitter; `may_be_random=False` skips that check. Attempts of hot loops take `ATTEMPT_COST_MS`, so
    that they end. There are `DRAWS` draws, or as many as `DRAWN_ATTEMPTS` allow, but at least
    `FEWEST_DRAWS`.
    """
    if code is None:
        code = next(iter(retried_codes(strategy)), ACCESS_DENIED)
    draw = partial(schedule, strategy, code=code, target_exists=target_exists)
    first, cost_ms = draw(), 0.0
    if _is_hot(first):
        cost_ms = ATTEMPT_COST_MS
        draw = partial(draw, attempt_cost_ms=cost_ms, max_attempts=MAX_HOT_ATTEMPTS)
        first = draw()
    if not may_be_random or draw(seed=1) == first:
        return Timetable((first,), cost_ms)
    draws = min(max(DRAWN_ATTEMPTS // len(first.attempts_ms), FEWEST_DRAWS), DRAWS)
    return Timetable((first, *(draw(seed=seed) for seed in range(1, draws))), cost_ms)


def times_of(spec: StrategySpec) -> Timetable:
    """List when the strategy of `spec` attempts an operation that always fails with a retried code.

    Only its waits and its end matter, so strategies that differ in anything else share one timetable.
    """
    return _times_of(spec.only_times())


@cache
def _times_of(spec: StrategySpec) -> Timetable:
    return timetable(spec.strategy(str(spec)), code=ACCESS_DENIED, may_be_random=spec.is_random)


def _is_hot(listed: Schedule) -> bool:
    """Return whether a strategy never waits, or goes on without waiting."""
    times = listed.attempts_ms
    if listed.verdict is None:
        return times[-1] <= times[len(times) // 2]
    return len(times) > _FEW and times[-1] == 0


_FEW: Final = 2
"""One retry at once is no loop."""


def range_of(values: Sequence[float]) -> Range:
    """Return the range of what the draws give."""
    return Range(float(median(values)), float(min(values)), float(max(values)))
