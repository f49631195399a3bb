"""Strategies of few parameters that come near the best schedule, so that the simplest can be taken.

Each family is tried with the parameters that people write, and with every number of retries; what fits
the limits and waits least is its best. A list of waits is the best schedule itself, in whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.strategy.durations import spell_duration, spell_number, spell_retries
from harness.strategy.notation import LONGEST
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.releases import SAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.tune.question import Limits
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
    """How much longer it waits than the least wait, as a share of that; ``null`` where that is 0."""


def explanations(
    releases: Releases, limits: Limits, best_ms: Sequence[float], wait_ms: float
) -> list[Explained]:
    """Return the best of each family, the simplest family first.

    One that does not fit is left out, and so is a list of waits that is too long for notation.

    `best_ms` is the best schedule, whose wait is `wait_ms`.
    """
    found = [
        best
        for name, waits in FAMILIES.items()
        if (best := _best(name, list(waits(limits)), releases, limits))
    ]
    listed = _listed(best_ms, releases, limits)
    if len(listed.notation) <= LONGEST:
        found.append(listed)
    return [_with_gap(each, wait_ms) for each in found]


def simplest(found: Sequence[Explained], held: float) -> Explained:
    """Return the first that is near enough to the one that waits least; `held` is the share of holds."""
    least = min(each.outcome.wait_ms for each in found)
    enough = max(NEAR * least, least + NEAR_MS * held) + SAME
    return next(each for each in found if each.outcome.wait_ms <= enough)


def _with_gap(each: Explained, wait_ms: float) -> Explained:
    gap = each.outcome.wait_ms / wait_ms - 1 if wait_ms > SAME else None
    return Explained(
        each.family, each.notation, each.attempts_ms, each.outcome, None if gap is None else max(gap, 0)
    )


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


def _best(family: str, tried: Sequence[_Waits], releases: Releases, limits: Limits) -> Explained | None:
    """Return which of the tried waits, with which number of retries, waits least within the limits."""
    if not tried:
        return None
    times = np.round(np.cumsum(np.vstack([waits for _, waits in tried]), axis=1), 6)
    times = np.concatenate([np.zeros((len(tried), 1)), times], axis=1)
    late = times > limits.max_denied_ms + 1e-6
    looked_at, place = np.unique(np.where(late, 0.0, times), return_inverse=True)
    by = releases.share_by(looked_at)[place].reshape(times.shape)
    ended = releases.ended_by(looked_at)[place].reshape(times.shape)
    found = np.diff(by, axis=1, prepend=0)
    waits = np.cumsum(times * found, axis=1) - ended
    fits = ~late & (by >= 1 - limits.max_failure - SAME)
    if not fits.any():
        return None
    waits = np.where(fits, np.maximum(waits, 0), math.inf)
    least = waits.min()
    # of equal waits, the fewest retries; then what was written first
    row, retries = min(np.argwhere(waits <= least + SAME).tolist(), key=lambda each: each[::-1])
    attempts = times[row, : retries + 1]
    notation = f"{tried[row][0]} {spell_retries(retries)}" if retries else "plain"
    return Explained(family, notation, tuple(attempts.tolist()), evaluate(attempts, releases), None)


def _listed(best_ms: Sequence[float], releases: Releases, limits: Limits) -> Explained:
    """Return the best schedule in whole numbers, rounded up: what was released before still is."""
    times = [0.0]
    for ms in best_ms[1:]:
        unit = 1.0 if ms < 1000 else 10.0 ** (math.floor(math.log10(ms)) - 2)  # noqa: PLR2004
        rounded = min(math.ceil(ms / unit - SAME) * unit, limits.max_denied_ms)
        if rounded > times[-1]:
            times.append(rounded)
    attempts = np.round(np.array(times), 6)
    waits = np.diff(attempts)
    notation = ",".join(spell_duration(round(ms, 6)) for ms in waits.tolist())
    if waits.size and (waits == waits[0]).all():
        notation = f"{spell_duration(float(waits[0]))} {spell_retries(waits.size)}"
    return Explained(
        "list", notation or "plain", tuple(attempts.tolist()), evaluate(attempts, releases), None
    )
