"""The best of all schedules: exact where holds are masses, and else within a bound.

An optimal attempt can be moved earlier until it is at a mass or as near to the attempt before as is
allowed; so attempts at masses, and at whole numbers of gaps after them, are all that need be looked at.
For continuous distributions they are at the points of a grid, which is made finer around the attempts
that were found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.text import milliseconds, percent
from harness.tune.envelope import cheapest_ends
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.releases import SAME, Floats, Releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from harness.tune.question import Limits, Prices

MOST_POINTS: Final = 20_000
"""Times that are looked at, of schedules with limits; beyond, multiples of the gap are left out."""
GRID_POINTS: Final = 1500
FINER: Final = 3
"""So often is the grid made finer, unless a rough answer will do."""


@dataclass(frozen=True)
class Optimum:
    """The best schedule."""

    attempts_ms: tuple[float, ...]
    """Times of its attempts, the first at 0."""
    outcome: Outcome
    """What it does."""
    least_wait_ms: float
    """No schedule within the limits waits less; where that is exact, it is its own wait."""


def optimum(
    releases: Releases, limits: Limits, also_ms: ArrayLike = (), *, finer: int = FINER
) -> Optimum:
    """Return the schedule with the least wait within `limits`.

    With equal waits it has fewest attempts. The times `also_ms` are looked at, too; the grid of
    a continuous distribution is made `finer` so often. Raises
    `InvalidInputError` if no schedule is within the limits.
    """
    check(releases, limits)
    points = candidates(releases, limits, also_ms)
    attempts = _best(points, releases, limits)
    least = math.nan
    if releases.smooth:
        least = _lower_bound(points, releases, limits)
        for _ in range(finer):
            points = np.union1d(points, _between(points, attempts, limits))
            attempts = _best(points, releases, limits)
    elif limits.least_gap_ms > 0 and not _is_complete(releases, limits):
        least = _lower_bound(releases.times_ms, releases, limits)
    outcome = evaluate(np.array(attempts), releases)
    exact = outcome.wait_ms if math.isnan(least) else min(least, outcome.wait_ms)
    return Optimum(tuple(attempts), outcome, exact)


def check(releases: Releases, limits: Limits) -> None:
    """Raise `InvalidInputError` if no schedule is within `limits`: it says which limit would do."""
    needed_ms = releases.time_of(1 - limits.max_failure)
    if math.isinf(needed_ms):
        rest = 1 - releases.in_the_end
        raise InvalidInputError(
            f"no schedule fails in {percent(limits.max_failure)} % of operations or less: "
            f"{percent(rest)} % are never released, as far as is known",
            hint=f"Allow more failures, from --max-failure {_above(rest)} on, or watch for longer.",
        )
    if needed_ms > limits.max_denied_ms:
        left = 1 - float(releases.share_by(np.array([limits.max_denied_ms]))[0])
        raise InvalidInputError(
            f"the limits contradict each other: within {milliseconds(limits.max_denied_ms)} at least "
            f"{percent(left)} % of operations fail, and {percent(limits.max_failure)} % may",
            hint=f"Holds ask for --max-denied {math.ceil(needed_ms)}ms, or for --max-failure "
            f"{_above(left)}.",
        )
    if needed_ms > 0 and (limits.max_attempts == 1 or limits.least_gap_ms > limits.max_denied_ms):
        raise InvalidInputError(
            f"one attempt alone fails in {percent(1 - releases.free)} % of operations, and "
            f"{percent(limits.max_failure)} % may",
            hint="Allow at least two attempts, and a budget of at least the least gap.",
        )


def _above(share: float) -> str:
    """Spell a share, rounded up to two figures, as an option takes it."""
    if share <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(share))
    return f"{math.ceil(share * 10**digits - SAME) / 10**digits:g}"


def candidates(releases: Releases, limits: Limits, also_ms: ArrayLike = ()) -> Floats:
    """Return the times at which attempts are looked at, from 0 on."""
    most_ms = limits.max_denied_ms
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


def _grid(releases: Releases, most_ms: float) -> Floats:
    """Return times that are close where much mass is, and as many that grow by equal factors."""
    fine = np.geomspace(min(1e-2, most_ms / 10), most_ms, 4 * GRID_POINTS)
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
    return made[(made >= 0) & (made <= limits.max_denied_ms)]


def _best(points: Floats, releases: Releases, limits: Limits) -> list[float]:
    share, ended = releases.share_by(points), releases.ended_by(points)
    _, chosen = _least(points, share, ended, limits, limits.least_gap_ms)
    return [float(points[place]) for place in chosen]


def _lower_bound(points: Floats, releases: Releases, limits: Limits) -> float:
    """Return a wait that no schedule can be below.

    Holds end at the point before them, at the latest: that lets any schedule find them as early. The
    part of the mean that is subtracted is that of the true ends.
    """
    later = np.r_[points[1:], max(limits.max_denied_ms, points[-1])]
    share, ended = releases.share_by(later), releases.ended_by(later)
    if not releases.smooth:  # masses are at the points themselves: only the gap is left away
        share, ended = releases.share_by(points), releases.ended_by(points)
    return max(_least(points, share, ended, limits, 0.0)[0], 0.0)


def _least(
    points: Floats, share: Floats, ended: Floats, limits: Limits, gap: float
) -> tuple[float, list[int]]:
    """Return the least wait within limits and the places of its attempts."""
    times, shares, ends = points.tolist(), share.tolist(), ended.tolist()
    enough = 1 - limits.max_failure - SAME
    final = int(np.searchsorted(share, enough))
    start = times[0] * shares[0] - ends[0]
    if limits.max_attempts is None:
        costs, chosen = cheapest_ends(times, shares, ends, least_gap=gap)
        place = min(range(final, len(times)), key=costs.__getitem__)
        return costs[place], _back(place, [chosen] * len(times))
    costs = [start] + [math.inf] * (len(times) - 1)
    best, best_path = (start, [0]) if final == 0 else (math.inf, [])
    steps: list[list[int]] = []
    for _ in range(limits.max_attempts - 1):
        costs, chosen = cheapest_ends(times, shares, ends, before=costs, least_gap=gap)
        steps.append(chosen)
        place = min(range(final, len(times)), key=costs.__getitem__)
        if costs[place] < best - SAME * (1 + abs(best) if math.isfinite(best) else 0):
            best, best_path = costs[place], _back(place, list(reversed(steps)))
        if best <= SAME:
            break
    if not best_path:
        raise InvalidInputError(
            "no schedule of so few attempts that are so far apart reaches the failure limit",
            hint="Allow more attempts or a smaller gap.",
        )
    return best, best_path


def _back(place: int, steps: Sequence[Sequence[int]]) -> list[int]:
    """Return the places from the first to `place`."""
    path = [place]
    for chosen in steps:
        if path[-1] == 0 or chosen[path[-1]] < 0:
            break
        path.append(chosen[path[-1]])
    return path[::-1]


def cheapest(releases: Releases, prices: Prices) -> Optimum:
    """Return the schedule with the least cost at `prices` instead of within limits, for masses only.

    Its `least_wait_ms` is its wait. Raises `InvalidInputError` for continuous distributions.
    """
    if releases.smooth:
        raise InvalidInputError("prices are for masses: a grid of a continuous distribution has none")
    points = np.unique(np.r_[0.0, releases.times_ms])
    share, ended = releases.share_by(points), releases.ended_by(points)
    times = points.tolist()
    costs, chosen = cheapest_ends(times, share.tolist(), ended.tolist(), per_attempt=prices.attempt)
    totals = np.array(costs) + prices.failure * (1 - share) + prices.budget_ms * points
    places = _back(int(np.argmin(totals)), [chosen] * len(times))
    attempts = points[places]
    outcome = evaluate(attempts, releases)
    return Optimum(tuple(attempts.tolist()), outcome, outcome.wait_ms)
