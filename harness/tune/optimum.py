"""The best of all schedules: exact where holds are masses, and else within a bound that is proved.

An optimal attempt can be moved earlier until it is at a mass or as near to the attempt before as is
allowed; so attempts at masses, and at whole numbers of gaps after them, are all that need be looked at.
For continuous distributions they are at the points of a grid, which is made finer around the attempts
that were found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.text import milliseconds, percent
from harness.tune.cheapest import Cheapest
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.question import FREE
from harness.tune.releases import SAME, Floats, Releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from harness.tune.question import Limits, Prices

MOST_POINTS: Final = 20_000
"""Times that are looked at, of schedules with limits; beyond, multiples of the gap are left out."""
GRID_POINTS: Final = 1500
BOUND_POINTS: Final = 12_000
"""Cells of the bound on what schedules off the grid can do."""
FINER: Final = 3
"""So often is the grid made finer; once where a rough answer will do."""


@dataclass(frozen=True)
class Optimum:
    """The best schedule."""

    attempts_ms: tuple[float, ...]
    """Times of its attempts, the first at 0."""
    outcome: Outcome
    """What it does."""
    least_cost_ms: float
    """No schedule within the limits costs less; where that is exact, it is its own cost. Without prices,
    the cost is the wait."""


class Optima:
    """The best schedules for given holds; questions in turn share what does not depend on them."""

    def __init__(self, releases: Releases) -> None:
        self.releases = releases
        self._found: dict[tuple[bytes, float, float, bool], Cheapest] = {}

    def best(
        self,
        limits: Limits,
        also_ms: ArrayLike = (),
        *,
        prices: Prices = FREE,
        rough: bool = False,
    ) -> Optimum:
        """Return the schedule within `limits` that costs least at `prices`, or without any waits least.

        With equal costs it has fewest attempts. The times `also_ms` are looked at, too. A `rough` answer
        takes less time: on a coarser grid for a continuous distribution, and with 0 as the least cost
        where that is not exact. Raises `InvalidInputError` if no schedule is within the limits.
        """
        releases = self.releases
        check(releases, limits)
        points = candidates(releases, limits, also_ms)
        attempts = self._on(points, limits, prices)
        if releases.smooth:
            for _ in range(1 if rough else FINER):
                points = np.union1d(points, _between(points, attempts, limits))
                attempts = self._on(points, limits, prices)
        outcome = evaluate(np.array(attempts), releases, limits.call_ms)
        cost_ms = outcome.cost_ms(prices)
        if not releases.smooth and (limits.least_gap_ms <= 0 or _is_complete(releases, limits)):
            return Optimum(tuple(attempts), outcome, cost_ms)
        least = 0.0 if rough else lower_bound(releases, limits, prices)
        return Optimum(tuple(attempts), outcome, min(least, cost_ms))

    def _on(self, points: Floats, limits: Limits, prices: Prices) -> list[float]:
        """Return the attempts of the best schedule on these times."""
        key = (points.tobytes(), limits.least_gap_ms, prices.attempt, limits.max_attempts is None)
        if key not in self._found:
            self._found[key] = _cheapest(points, points, *self.releases.both_by(points), limits, prices)
        _, places = self._found[key].within(limits, prices)
        found: list[float] = points[places].tolist()
        return found


def optimum(
    releases: Releases,
    limits: Limits,
    also_ms: ArrayLike = (),
    *,
    prices: Prices = FREE,
    rough: bool = False,
) -> Optimum:
    """Return the best schedule for one question alone: see `Optima.best`."""
    return Optima(releases).best(limits, also_ms, prices=prices, rough=rough)


def _cheapest(
    points: Floats, ends: Floats, share: Floats, ended: Floats, limits: Limits, prices: Prices
) -> Cheapest:
    return Cheapest(
        *(points, ends, share, ended),
        least_gap_ms=limits.least_gap_ms,
        attempt_price=prices.attempt,
        any_number=limits.max_attempts is None,
    )


def check(releases: Releases, limits: Limits) -> None:
    """Raise `InvalidInputError` if no schedule is within `limits`: it says which limit would do."""
    if limits.last_start_ms < 0:
        raise InvalidInputError(
            f"one attempt takes {milliseconds(limits.call_ms)}, and a denial is to be reported within "
            f"{milliseconds(limits.max_denied_ms)}",
            hint="Allow a longer time, with --max-denied.",
        )
    needed_ms = releases.time_of(1 - limits.max_failure)
    if math.isinf(needed_ms):
        rest = 1 - releases.in_the_end
        raise InvalidInputError(
            f"no schedule fails in {percent(limits.max_failure)} % of operations or less: "
            f"{percent(rest)} % are never released, as far as is known",
            hint=f"Allow more failures, from --max-failure {_above(rest)} on, or watch for longer.",
        )
    if needed_ms > limits.last_start_ms:
        left = 1 - float(releases.share_by(np.array([limits.last_start_ms]))[0])
        raise InvalidInputError(
            f"the limits contradict each other: within {milliseconds(limits.max_denied_ms)} at least "
            f"{percent(left)} % of operations fail, and {percent(limits.max_failure)} % may",
            hint=f"Holds ask for --max-denied {math.ceil(needed_ms + limits.call_ms)}ms, or for "
            f"--max-failure {_above(left)}.",
        )
    if needed_ms > 0 and (limits.max_attempts == 1 or limits.least_gap_ms > limits.last_start_ms):
        raise InvalidInputError(
            f"one attempt alone fails in {percent(1 - releases.free)} % of operations, and "
            f"{percent(limits.max_failure)} % may",
            hint="Allow at least two attempts, and a budget of at least the least wait and a call.",
        )


def _above(share: float) -> str:
    """Spell a share, rounded up to two figures, as an option takes it."""
    if share <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(share))
    return f"{math.ceil(share * 10**digits - SAME) / 10**digits:g}"


def candidates(releases: Releases, limits: Limits, also_ms: ArrayLike = ()) -> Floats:
    """Return the times at which attempts are looked at, from 0 on."""
    most_ms = limits.last_start_ms
    masses = releases.times_ms[releases.times_ms <= most_ms]
    points = [np.zeros(1), masses, np.asarray(also_ms, dtype=np.float64)]
    if releases.smooth:
        points.append(_grid(releases, most_ms))
    elif limits.least_gap_ms > 0 and _is_complete(releases, limits):
        steps = np.arange((limits.max_attempts or 1) + 1) * limits.least_gap_ms
        points.append(np.add.outer(np.r_[0.0, masses], steps).ravel())
    found = np.unique(np.round(np.concatenate(points), 6))
    return found[(found >= 0) & (found <= most_ms)]


def _is_complete(releases: Releases, limits: Limits) -> bool:
    """Whether all times that an optimal attempt can have are few enough to be looked at."""
    if limits.max_attempts is None:
        return False
    return bool((releases.times_ms.size + 1) * (limits.max_attempts + 1) <= MOST_POINTS)


def _fine(most_ms: float) -> Floats:
    return np.geomspace(min(1e-2, most_ms / 10), most_ms, 4 * GRID_POINTS)


def _grid(releases: Releases, most_ms: float) -> Floats:
    """Return times that are close where much mass is, and as many that grow by equal factors."""
    if most_ms <= 0:
        return np.zeros(1)
    fine = _fine(most_ms)
    share = releases.share_by(fine)
    levels = np.linspace(share[0], share[-1], GRID_POINTS // 2)
    at_mass = np.interp(levels, share, fine)
    return np.concatenate([at_mass, np.geomspace(fine[0], most_ms, GRID_POINTS // 2)])


def _between(points: Floats, attempts: Sequence[float], limits: Limits) -> Floats:
    """Return finer times around `attempts`: between their neighbours, and at the least gap."""
    found = []
    for ms in attempts[1:]:
        place = int(np.searchsorted(points, ms))
        low = points[max(place - 1, 0)]
        high = points[min(place + 1, points.size - 1)]
        found.append(np.linspace(low, high, 12))
    near = np.asarray(attempts) + limits.least_gap_ms
    made = np.round(np.concatenate([*found, near]), 6)
    return made[(made >= 0) & (made <= limits.last_start_ms)]


def lower_bound(releases: Releases, limits: Limits, prices: Prices = FREE) -> float:
    """Return a cost that no schedule within the limits can be below.

    Times are taken in cells. An attempt anywhere in a cell is priced as at its beginning, finds what is
    released by its end, and may follow another if any two times of their cells are far enough apart: so
    every schedule has one on cells that costs no more. Masses are at beginnings, where an attempt finds
    no more than there is.
    """
    most_ms = limits.last_start_ms
    points = np.r_[0.0, releases.times_ms]
    if releases.smooth:
        points = np.r_[points, _bound_grid(releases, most_ms)]
    points = np.unique(points[points <= most_ms])
    later = np.r_[points[1:], max(most_ms, points[-1])]
    share, ended = releases.both_by(points)
    smooth = replace(releases, times_ms=np.empty(0), below=np.zeros(1), ended=np.zeros(1))
    share = share + smooth.share_by(later) - smooth.share_by(points)
    ended = ended + smooth.ended_by(later) - smooth.ended_by(points)
    least, _ = _cheapest(points, later, share, ended, limits, prices).within(limits, prices)
    return max(least, 0.0)


def _bound_grid(releases: Releases, most_ms: float) -> Floats:
    """Return beginnings of cells whose widths make the bound best.

    It is too low by the mean width of the cell in which a hold ends; for so many cells that is least
    with widths in inverse proportion to the square root of the density.
    """
    if most_ms <= 0:
        return np.zeros(1)
    fine = np.r_[0.0, _fine(most_ms)]
    roots = np.sqrt(np.diff(releases.share_by(fine)).clip(min=0) * np.diff(fine))
    total = np.r_[0.0, np.cumsum(roots)]
    return np.interp(np.linspace(0, total[-1], BOUND_POINTS), total, fine)
