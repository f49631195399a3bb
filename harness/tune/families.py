"""Strategies of few parameters that come near the best schedule, so that the simplest can be taken.

Each family is tried with the parameters that people write, and with every number of retries; what fits
the limits and costs least is its best. A list of waits is the best schedule itself, in whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.strategy.durations import spell_duration, spell_number, spell_retries
from harness.strategy.notation import LONGEST
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.question import FREE
from harness.tune.releases import SAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.tune.optimum import Optimum
    from harness.tune.question import Limits, Prices
    from harness.tune.releases import Floats, Releases

MOST_RETRIES: Final = 100
"""Of schedules without a limit on attempts, so many are looked at."""
NEAR: Final = 1.1
"""A family that waits no more than this times the least wait is near enough."""
NEAR_MS: Final = 1.0
"""And so is one that waits no more than this longer for each hold: timers are no finer."""


@dataclass(frozen=True)
class Explained:
    """A strategy in notation, without its errors, and what its schedule does."""

    family: str
    """``fixed``, ``exponential``, ``linear``, ``fibonacci`` or ``list``."""
    notation: str
    """Strategy notation."""
    attempts_ms: tuple[float, ...]
    """Times of its attempts, the first at 0."""
    outcome: Outcome
    """What its schedule does."""
    gap: float | None
    """How much more it costs than the best schedule, as a share of that; ``null`` where that is 0.
    Without prices, the cost is the wait."""

    def waits_ms(self, call_ms: float) -> list[float]:
        """Return the waits between its attempts, which take `call_ms` each."""
        waits: list[float] = np.round(np.diff(self.attempts_ms) - call_ms, 6).tolist()
        return waits


def explanations(
    releases: Releases, limits: Limits, best: Optimum, prices: Prices = FREE
) -> list[Explained]:
    """Return the best of each family, the simplest family first.

    One that does not fit is left out, and so is a list of waits that is too long for notation, unless
    nothing else is left.
    """
    found = [
        near
        for name in FAMILIES
        if (tried := _tried(name, limits)) and (near := _best(name, tried, releases, limits, prices))
    ]
    listed = _listed(best.attempts_ms, releases, limits)
    if not found or len(listed.notation) <= LONGEST:
        found.append(listed)
    best_ms = best.outcome.cost_ms(prices)
    return [_with_gap(each, best_ms, prices) for each in found]


def simplest(found: Sequence[Explained], held: float, prices: Prices = FREE) -> Explained:
    """Return the first that is near enough to the one that costs least; `held` is the share of holds."""
    least = min(each.outcome.cost_ms(prices) for each in found)
    enough = max(NEAR * least, least + NEAR_MS * held) + SAME
    return next(each for each in found if each.outcome.cost_ms(prices) <= enough)


def _with_gap(each: Explained, best_ms: float, prices: Prices) -> Explained:
    gap = max(each.outcome.cost_ms(prices) / best_ms - 1, 0.0) if best_ms > SAME else None
    return replace(each, gap=gap)


_Waits = tuple[str, "Floats"]
"""Notation without the number of retries, and its waits in milliseconds."""


def _fixed(limits: Limits) -> Iterator[_Waits]:
    count = _retries(limits)
    for ms in _nice(limits, finer=True):
        yield spell_duration(ms), np.full(count, ms)


def _exponential(limits: Limits) -> Iterator[_Waits]:
    growth = np.arange(_retries(limits))
    for first, factor in product(_nice(limits), (1.25, 1.5, 2.0, 2.5, 3.0, 4.0)):
        with np.errstate(over="ignore"):
            waits = np.minimum(first * factor**growth, limits.max_denied_ms + 1)
        written = f"{spell_duration(first)} x{spell_number(factor)}"
        yield from _capped(written, waits, limits)


def _linear(limits: Limits) -> Iterator[_Waits]:
    steps = np.arange(_retries(limits))
    for first, step in product(_nice(limits), repeat=2):
        written = f"{spell_duration(first)} +{spell_duration(step)}"
        yield from _capped(written, first + step * steps, limits)


def _fibonacci(limits: Limits) -> Iterator[_Waits]:
    numbers = [1.0, 1.0]
    while len(numbers) < _retries(limits):
        numbers.append(min(numbers[-1] + numbers[-2], 1e12))
    for unit in _nice(limits, finer=True):
        waits = unit * np.array(numbers[: _retries(limits)])
        yield from _capped(f"{spell_duration(unit)} fibonacci", waits, limits)


def _capped(written: str, waits: Floats, limits: Limits) -> Iterator[_Waits]:
    yield written, waits
    for cap in _nice(limits):
        if waits[0] < cap < min(waits[-1], limits.max_denied_ms):
            yield f"{written} cap {spell_duration(cap)}", np.minimum(waits, cap)


FAMILIES: Final[dict[str, Callable[[Limits], Iterator[_Waits]]]] = {
    "fixed": _fixed,
    "exponential": _exponential,
    "linear": _linear,
    "fibonacci": _fibonacci,
}
"""The families with parameters, the simplest first, each with the waits that are tried."""


def _retries(limits: Limits) -> int:
    return MOST_RETRIES if limits.max_attempts is None else max(limits.max_attempts - 1, 1)


def _nice(limits: Limits, *, finer: bool = False) -> list[float]:
    """Return the times that people write, within what the limits allow."""
    steps = (
        (10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 70, 75, 80, 90)
        if finer
        else (10, 15, 20, 30, 50, 70)
    )
    found = [step * 10.0**power for power in range(-1, 5) for step in steps]
    return [
        ms
        for ms in found
        if max(limits.least_gap_ms, 1) <= ms <= limits.max_denied_ms and ms.is_integer()
    ]


@dataclass(frozen=True, eq=False)
class _Tried:
    """What is tried of a family: a row for each notation, a column for each attempt."""

    notations: tuple[str, ...]
    times: Floats
    """Starts of attempts, the first at 0."""
    late: NDArray[np.bool_]
    """Which of these are later than the limits allow."""
    looked_at: Floats
    """The times that are not late, each once, ascending."""
    place: NDArray[np.intp]
    """Where each start is among them."""


@lru_cache(maxsize=8)  # the four families of two questions
def _tried(family: str, limits: Limits) -> _Tried | None:
    """Return what is tried of a family: the same for all holds, so resampled ones share it."""
    tried = list(FAMILIES[family](limits))
    if not tried:
        return None
    gaps = np.vstack([waits for _, waits in tried]) + limits.call_ms
    times = np.round(np.cumsum(gaps, axis=1), 6)
    times = np.concatenate([np.zeros((len(tried), 1)), times], axis=1)
    late = times > limits.last_start_ms + 1e-6
    looked_at, place = np.unique(np.where(late, 0.0, times), return_inverse=True)
    return _Tried(
        tuple(written for written, _ in tried), times, late, looked_at, place.reshape(times.shape)
    )


def _best(
    family: str, tried: _Tried, releases: Releases, limits: Limits, prices: Prices
) -> Explained | None:
    """Return which of the tried waits, with which number of retries, costs least within the limits."""
    times, late = tried.times, tried.late
    by = releases.share_by(tried.looked_at)[tried.place]
    ended = releases.ended_by(tried.looked_at)[tried.place]
    found = np.diff(by, axis=1, prepend=0)
    waits = np.cumsum(times * found, axis=1) - ended
    fits = ~late & (by >= 1 - limits.max_failure - SAME)
    if not fits.any():
        return None
    attempts = 1 + np.cumsum(1 - by, axis=1) - (1 - by)
    costs = np.maximum(waits, 0) + prices.attempt * attempts + prices.failure * (1 - by)
    costs = np.where(fits, costs + prices.denied * (times + limits.call_ms), math.inf)
    least = costs.min()
    # of equal costs, the fewest retries; then what was written first
    row, retries = min(np.argwhere(costs <= least + SAME).tolist(), key=lambda each: each[::-1])
    starts = times[row, : retries + 1]
    notation = f"{tried.notations[row]} {spell_retries(retries)}" if retries else "plain"
    outcome = evaluate(starts, releases, limits.call_ms)
    return Explained(family, notation, tuple(starts.tolist()), outcome, None)


def _listed(best_ms: Sequence[float], releases: Releases, limits: Limits) -> Explained:
    """Return the best schedule in whole numbers, rounded up: what was released before still is."""
    starts, waits = [0.0], []
    for ms in best_ms[1:]:
        before = starts[-1] + limits.call_ms
        unit = 1.0 if ms < 1000 else 10.0 ** (math.floor(math.log10(ms)) - 2)  # noqa: PLR2004
        wait = max(math.ceil((ms - before) / unit - SAME) * unit, limits.least_wait_ms)
        wait = round(min(wait, limits.last_start_ms - before), 6)
        if ms > starts[-1] + SAME and wait > 0:
            waits.append(wait)
            starts.append(round(before + wait, 6))
    outcome = evaluate(np.array(starts), releases, limits.call_ms)
    return Explained("list", spell_waits(waits), tuple(starts), outcome, None)


def spell_waits(waits_ms: Sequence[float]) -> str:
    """Spell waits as notation: as one wait where they are equal, else as a list; none as ``plain``."""
    if not waits_ms:
        return "plain"
    if all(ms == waits_ms[0] for ms in waits_ms):
        return f"{spell_duration(waits_ms[0])} {spell_retries(len(waits_ms))}"
    return ",".join(map(spell_duration, waits_ms))
