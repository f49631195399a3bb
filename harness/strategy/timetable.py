"""The schedules of a strategy: one, or with jitter as many as stand for all that can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Final

from harness.strategy.jittered_times import JitteredTimes, jittered_times
from harness.strategy.number_range import Range, drawn_range
from harness.strategy.random_growth import growth_draws
from harness.strategy.schedules import MAX_ATTEMPTS, Schedule, retried_codes, schedule
from harness.strategy.time_bounds import TimeBounds, independent_bounds
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

DRAWS: Final = 2000
"""How many schedules stand for a strategy with jitter whose times are not computed."""
EXAMPLES: Final = 40
"""How many are drawn beside computed times, so that one of them is near the median."""
DRAWN_ATTEMPTS: Final = 40_000
"""How many attempts are drawn in all: strategies with very many attempts get fewer draws."""
FEWEST_DRAWS: Final = 10


@dataclass(frozen=True)
class Timetable:
    """When a strategy makes its attempts. Times are milliseconds from the first.

    There is one schedule, or with jitter several, from the seeds 0, 1, 2 … They are examples where the
    times are `computed`. `last_ms`, in ascending order, are drawn times of the last attempt: of these
    schedules, or of more. `attempt_cost_ms` is what every attempt is declared to take: 0 except in hot
    loops.
    """

    schedules: tuple[Schedule, ...]
    attempts: Range
    """Number of attempts."""
    budget_ms: Range
    """Time from the first attempt to the last; see `Schedule.budget_ms`."""
    gave_up_ms: Range
    """Time until the last error is reported; see `Schedule.gave_up_ms`."""
    attempt_cost_ms: float = 0.0
    computed: JitteredTimes | None = None
    last_ms: tuple[float, ...] = ()

    @property
    def retries(self) -> bool:
        """Whether there is ever a second attempt."""
        return any(len(listed.attempts_ms) > 1 for listed in self.schedules)

    @property
    def is_random(self) -> bool:
        """Whether there is more than one schedule."""
        return len(self.schedules) > 1

    @cached_property
    def typical(self) -> Schedule:
        """The schedule whose budget is nearest to the median, where one must represent all."""
        return min(self.schedules, key=lambda listed: abs(listed.budget_ms - self.budget_ms.median))

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
    draws: int = 200,
) -> Timetable:
    """List when `strategy` attempts an operation that always fails with `code`, for draws of its jitter.

    Without `code`, the first one that it retries. A strategy whose times are the same for two seeds has
    no jitter; `may_be_random=False` skips that check. Attempts of hot loops take `ATTEMPT_COST_MS`, so
    that they end. Of very long schedules there are fewer than `draws`.
    """
    if code is None:
        code = next(iter(retried_codes(strategy)), ACCESS_DENIED)
    drawn = _Draws(partial(schedule, strategy, code=code, target_exists=target_exists))
    if not may_be_random or drawn(1) == drawn.first:
        return _listed([drawn.first], drawn.cost_ms)
    return _listed(drawn.take(draws), drawn.cost_ms)


def times_of(spec: StrategySpec) -> Timetable:
    """List when the strategy of `spec` attempts an operation that always fails with a retried code.

    Only its waits and its end matter, so strategies that differ in anything else share one timetable.
    With jitter, the times are computed where the waits are independent of each other.
    """
    return _times_of(spec.only_times())


@cache
def _times_of(spec: StrategySpec) -> Timetable:
    drawn = _Draws(partial(schedule, spec.strategy(str(spec)), code=ACCESS_DENIED))
    if not spec.is_random or drawn(1) == drawn.first:
        return _listed([drawn.first], drawn.cost_ms)
    if drawn.cost_ms or spec.asking_ms is not None:  # time passes besides the waits
        return _listed(drawn.take(DRAWS), drawn.cost_ms)
    if grown := growth_draws(spec):
        ranges = grown.attempts, grown.budget_ms, grown.gave_up_ms
        return Timetable(grown.schedules, *ranges, last_ms=grown.last_ms)
    if computed := jittered_times(spec):
        ranges = computed.attempts, computed.budget_ms, computed.gave_up_ms
        return Timetable(drawn.take(EXAMPLES), *ranges, computed=computed)
    return _listed(drawn.take(DRAWS), drawn.cost_ms, independent_bounds(spec))


def attempt_cost_of(spec: StrategySpec) -> float:
    """Return what an attempt is declared to take, in milliseconds: 0 unless a part is a hot loop."""
    return max(times_of(part).attempt_cost_ms for part in spec.parts)


@cache
def drawn_schedules(
    spec: StrategySpec, most: int = DRAWS, attempt_cost_ms: float = 0.0
) -> tuple[Schedule, ...]:
    """Draw at most so many schedules of `spec`, to stand for all where computed times are of no use.

    Each attempt takes `attempt_cost_ms`, or if that is 0 what it takes in `times_of`.
    """
    times = times_of(spec)
    cost_ms = attempt_cost_ms or times.attempt_cost_ms
    if times.computed is None and cost_ms == times.attempt_cost_ms:
        return times.schedules[:most]
    strategy = spec.only_times().strategy(str(spec))
    cut = MAX_HOT_ATTEMPTS if times.attempt_cost_ms else MAX_ATTEMPTS
    drawn = _Draws(
        partial(schedule, strategy, code=ACCESS_DENIED, attempt_cost_ms=cost_ms, max_attempts=cut)
    )
    return drawn.take(most) if spec.is_random else (drawn.first,)


class _Draws:
    """Schedules of a strategy by their seeds. Attempts of hot loops take time, so that they end."""

    def __init__(self, draw: Callable[..., Schedule]) -> None:
        self.draw = draw
        self.cost_ms = 0.0
        self.first = self(0)
        if _is_hot(self.first):
            self.cost_ms = ATTEMPT_COST_MS
            self.draw = partial(draw, attempt_cost_ms=ATTEMPT_COST_MS, max_attempts=MAX_HOT_ATTEMPTS)
            self.first = self(0)

    def __call__(self, seed: int) -> Schedule:
        return self.draw(seed=seed)

    def take(self, most: int) -> tuple[Schedule, ...]:
        """Draw `most` schedules, or as many as `DRAWN_ATTEMPTS` allow, but at least `FEWEST_DRAWS`."""
        count = min(max(DRAWN_ATTEMPTS // len(self.first.attempts_ms), FEWEST_DRAWS), most)
        return (self.first, *map(self, range(1, count)))


def _listed(
    schedules: Sequence[Schedule], cost_ms: float, bounds: TimeBounds | None = None
) -> Timetable:
    last_ms = [listed.budget_ms for listed in schedules]
    return Timetable(
        tuple(schedules),
        drawn_range(
            [len(listed.attempts_ms) for listed in schedules], bounds.attempts if bounds else None
        ),
        drawn_range(last_ms, bounds.last_ms if bounds else None),
        drawn_range([listed.gave_up_ms for listed in schedules], bounds.gave_up_ms if bounds else None),
        cost_ms,
        last_ms=tuple(sorted(last_ms)),
    )


def _is_hot(listed: Schedule) -> bool:
    """Return whether a strategy never waits, or goes on without waiting."""
    times = listed.attempts_ms
    if listed.verdict is None:
        return times[-1] <= times[len(times) // 2]
    return len(times) > _FEW and times[-1] == 0


_FEW: Final = 2
"""One retry at once is no loop."""
