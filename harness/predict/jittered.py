"""The success of a strategy with jitter against one hold, from the distributions of its attempt times.

At an attempt, a hold that began with the first is over with the probability that its duration gives. How
long it lasts does not depend on the strategy, so an attempt is the first to find it over with the
probability that it is over by then, less that it was over by the attempt before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from harness.strategy.time_grid import TimeGrid, first_time

if TYPE_CHECKING:
    from harness.predict.hold_cases import ActiveHold
    from harness.strategy.jittered_times import Course, Step
    from harness.strategy.schedules import Schedule

_SAME: Final = 1e-9


@dataclass(frozen=True)
class JitteredCourse:
    """A strategy against one hold: when its attempts find it over.

    `probe` are its first attempts against the hold if that never ended: they may show that it succeeds
    all the same, or that it does not retry any more.
    """

    course: Course
    hold: ActiveHold
    probe: Schedule

    @cached_property
    def share(self) -> float:
        """The share of operations with the hold that succeed."""
        return min(
            self.arrived
            if self._is_cut
            else math.fsum(self._over(grid).share for grid in self.course.last),
            1.0,
        )

    def _over(self, attempts: TimeGrid) -> TimeGrid:
        """Return those of attempts that find the hold over."""
        return attempts.weighted(*self.hold.over_between(attempts.nodes_ms))

    @property
    def _is_cut(self) -> bool:
        """Whether the first attempts are all."""
        return self.probe.succeeded or self.probe.verdict == "not-retried"

    @cached_property
    def _steps(self) -> tuple[Step, ...]:
        return self.course.steps[: len(self.probe.codes) - 1] if self._is_cut else self.course.steps

    @cached_property
    def _arrivals(self) -> list[TimeGrid]:
        """When operations succeed, attempt by attempt."""
        found = [TimeGrid(0.0, 0.0, (self.hold.over_by(0.0),))]
        known: dict[int, TimeGrid] = {}
        for number, step in enumerate(self._steps, start=1):
            before = known.get(id(step.since)) or self._over(step.since)
            is_through = self.probe.succeeded and number == len(self._steps)
            for attempts in step.attempts:
                now = known[id(attempts)] = attempts if is_through else self._over(attempts)
                over = before.plus_at(step.wait, attempts.nodes_ms)
                if attempts.low_ms > step.since.low_ms + step.wait.least_ms + _SAME:
                    over = [share - over[0] for share in over]
                shares = [share - was for share, was in zip(now.shares, over, strict=True)]
                found.append(TimeGrid(attempts.low_ms, attempts.high_ms, tuple(shares)))
            if before.share >= step.since.share:
                break  # all are over
        return found

    @cached_property
    def arrived(self) -> float:
        """The share of operations with the hold that succeed, as the sum over attempts."""
        return math.fsum(grid.share for grid in self._arrivals)

    @cached_property
    def arrived_ms(self) -> float:
        """The sum of times to success."""
        return _total_ms(self._arrivals)

    @cached_property
    def overshoot_ms(self) -> float:
        """The mean time from the end of the hold to the next attempt; ``nan`` if it is never over."""
        released = (
            self._arrivals[: -len(self._steps[-1].attempts)] if self.probe.succeeded else self._arrivals
        )
        share = math.fsum(grid.share for grid in released)
        if share < _SAME:
            return math.nan
        if not self._is_cut:
            failed = list(self.course.last)
        else:
            failed = [self._steps[-1].since] if self.probe.succeeded else list(self._steps[-1].attempts)
        return max(_total_ms(released) - math.fsum(map(self._ended_ms, failed)), 0.0) / share

    def _ended_ms(self, failed: TimeGrid) -> float:
        """The part of the mean end of the hold that ends up to the last failed attempt contribute.

        That is the mean of the time of the attempt, if the hold is over by then, less the overshoot.
        """
        shots = [self.hold.overshoot(ms) for ms in failed.nodes_ms]
        late = failed.weighted([(start + end) / 2 for start, end in pairwise(shots)], shots[0])
        return _total_ms([self._over(failed)]) - late.share

    def median_ms(self, hit: float) -> float:
        """Return when half of all operations have succeeded, of which the share `hit` has the hold."""
        if 1 - hit + hit * self.hold.over_by(0.0) >= 0.5:  # noqa: PLR2004 - half
            return 0.0
        return first_time(self._arrivals, (0.5 - (1 - hit)) / hit)


def _total_ms(grids: list[TimeGrid]) -> float:
    return math.fsum((start + end) / 2 * share for grid in grids for start, end, share in grid.cells())
