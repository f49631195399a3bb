"""When a strategy with jitter makes its attempts, as distributions: computed, not drawn.

From attempt to attempt, the time of the next is that of the last one plus a wait of its own. A time
limit divides them: who goes on, and for whom it was the last attempt. Attempts take no time here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice, pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

from harness.strategy.number_range import Range
from harness.strategy.time_bounds import independent_bounds
from harness.strategy.time_grid import NEGLIGIBLE, TimeGrid, quantile
from harness.strategy.wait_spread import WaitSpread, wait_spreads

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

_CELLS: Final = 400
_FEWEST_CELLS: Final = 100
_CELLS_IN_ALL: Final = 60_000
"""Strategies with very many attempts get fewer cells for each: their times are smooth."""
_MOST_WAITS: Final = 1000
"""Strategies that usually wait more often are drawn."""
_MOST_PIECES: Final = 10_000
"""So are those whose waits have more pieces in all: the work is as many times the cells."""
_START: Final = TimeGrid(0.0, 0.0, (1.0,))


@dataclass(frozen=True)
class Step:
    """A wait that begins with the attempts `since`, and the attempts after it."""

    since: TimeGrid
    wait: WaitSpread
    attempts: tuple[TimeGrid, ...]


@dataclass(frozen=True)
class Course:
    """The steps of a strategy, and when it makes its last attempt and reports the error.

    `counts` are (attempts, share).
    """

    steps: tuple[Step, ...]
    last: tuple[TimeGrid, ...]
    gave_up: tuple[TimeGrid, ...]
    counts: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class JitteredTimes:
    """The attempt times of a strategy with jitter.

    In `coarse`, cells are twice as large as in `fine`. The error of what follows from `fine` is less
    than the difference to what follows from `coarse`.
    """

    fine: Course
    coarse: Course
    attempts: Range
    budget_ms: Range
    gave_up_ms: Range


@cache
def jittered_times(spec: StrategySpec) -> JitteredTimes | None:
    """Compute the attempt times of `spec`.

    ``None`` if its waits depend on each other, are single times that a grid would smear, or are too
    many.
    """
    usual, bounds = _usual_waits(spec), independent_bounds(spec)
    if bounds is None or not 0 < len(usual) <= _MOST_WAITS or any(map(_has_single_times, usual)):
        return None
    pieces = sum(len(wait.pieces) for wait in usual)
    if pieces > _MOST_PIECES:
        return None
    cells = max(min(_CELLS_IN_ALL // (4 * len(usual) + pieces), _CELLS), _FEWEST_CELLS)
    fine, coarse = (_course(spec, wait_spreads(spec), count) for count in (cells, cells // 2))
    median, p5, p95 = (_counted(fine.counts, share) for share in (0.5, 0.05, 0.95))
    return JitteredTimes(
        fine,
        coarse,
        Range(median, p5, p95, least=bounds.attempts[0], most=bounds.attempts[1]),
        _range(fine.last, bounds.last_ms),
        _range(fine.gave_up, bounds.gave_up_ms),
    )


def _usual_waits(spec: StrategySpec) -> list[WaitSpread]:
    """Return the waits that a strategy comes to if each takes its mean; none if they depend."""
    limit_ms = spec.limit_ms
    most = min([_MOST_WAITS, *spec.retry_limits]) + 1
    found: list[WaitSpread] = []
    waited_ms = 0.0
    for wait in islice(wait_spreads(spec), most):
        found.append(wait)
        waited_ms += wait.mean_ms
        if waited_ms >= limit_ms:
            break
    return found


def _has_single_times(wait: WaitSpread) -> bool:
    return len(wait.pieces) > 1 and any(low == high for low, high, _ in wait.pieces)


def _range(grids: Sequence[TimeGrid], bounds: tuple[float, float | None]) -> Range:
    median, p5, p95 = (quantile(grids, share) for share in (0.5, 0.05, 0.95))
    return Range(median, p5, p95, *bounds)


def _counted(counts: Sequence[tuple[int, float]], share: float) -> float:
    """Return the number of attempts that `share` of all do not exceed."""
    reached = accumulate(part for _, part in counts)
    number = sum(each < share - NEGLIGIBLE for each in reached)
    return float(counts[min(number, len(counts) - 1)][0])


def _course(spec: StrategySpec, waits: Iterable[WaitSpread], cells: int) -> Course:
    """Go from attempt to attempt, on so many cells each."""
    walk = _Walk(spec, cells)
    steps: list[Step] = []
    ended: list[TimeGrid] = []
    reported: list[TimeGrid] = []
    counts: list[tuple[int, float]] = []
    attempts: tuple[TimeGrid, ...] = (_START,)
    for count, wait in enumerate(waits, start=1):
        last, since = walk.divided(count, attempts, wait)
        if last:
            counts.append((count, math.fsum(grid.share for grid in last)))
            ended += last
            reported += walk.reported(count, last, attempts, wait)
        attempts = walk.after(since, wait) if since else ()
        if since is None or not attempts:
            break
        steps.append(Step(since, wait, attempts))
    return Course(tuple(steps), tuple(ended), tuple(reported), tuple(counts))


class _Walk:
    """The rules of one strategy: who goes on after an attempt, and when the next one is."""

    def __init__(self, spec: StrategySpec, cells: int) -> None:
        self.cells = cells
        self.most = min(spec.retry_limits, default=math.inf)
        self.trails = spec.trailing_wait
        self.limit_ms, self.is_past = spec.limit_ms, spec.goes_past_limit

    def divided(
        self, count: int, attempts: tuple[TimeGrid, ...], wait: WaitSpread
    ) -> tuple[tuple[TimeGrid, ...], TimeGrid | None]:
        """Return those for whom attempt number `count` is the last, and those who wait after it."""
        if count > self.most:
            return attempts, None
        if self.is_past:
            last = tuple(grid for grid in attempts if grid.low_ms >= self.limit_ms)
            return last, next((grid for grid in attempts if grid.low_ms < self.limit_ms), None)
        (now,) = attempts
        if now.high_ms + wait.most_ms < self.limit_ms:
            return (), now
        share = now.share - now.plus_at(wait, [self.limit_ms])[0]
        ends = [wait.at_least(self.limit_ms - ms) for ms in now.nodes_ms]
        dead = now.weighted([fmean(two) for two in pairwise(ends)], ends[0])
        return ((dead.scaled_to(share),) if min(share, dead.share) > NEGLIGIBLE else ()), now

    def after(self, since: TimeGrid, wait: WaitSpread) -> tuple[TimeGrid, ...]:
        """Return the attempts after a wait: before the limit, and with `for` also the one past it."""
        found = [since.plus(wait, self.cells, before_ms=self.limit_ms)]
        if self.is_past:
            found.append(since.plus(wait, self.cells, from_ms=self.limit_ms))
        return tuple(grid for grid in found if grid is not None)

    def reported(
        self, count: int, last: tuple[TimeGrid, ...], attempts: tuple[TimeGrid, ...], wait: WaitSpread
    ) -> list[TimeGrid]:
        """Return when the error is reported after the `last` of these attempts."""
        if not self.trails:
            return list(last)
        from_ms = 0.0 if self.is_past or count > self.most else self.limit_ms
        waiting = last if self.is_past or count > self.most else attempts
        found = [grid.plus(wait, self.cells, from_ms=from_ms) for grid in waiting]
        return [grid for grid in found if grid is not None]
