"""Draws of a strategy whose waits grow at random: each depends on the one before, so none is computed.

Go's toolchain waits like this. The waits are those of `harness.strategy.waits.wait_growing_at_random`,
in a loop that is a hundred times faster than the strategy's own, so that there are enough of them.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS
from harness.strategy.forms import RANDOM_GROWTH
from harness.strategy.number_range import Range, drawn_range
from harness.strategy.schedules import Schedule
from harness.winerror import ACCESS_DENIED

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

GROWTH_DRAWS: Final = 10_000
KEPT_SCHEDULES: Final = 400
"""Of so many, all attempts are kept."""
_MOST_ATTEMPTS: Final = 200


@dataclass(frozen=True)
class GrowthDraws:
    """What was drawn: the last attempts, in ascending order, some schedules, and the ranges of all."""

    last_ms: tuple[float, ...]
    schedules: tuple[Schedule, ...]
    attempts: Range
    budget_ms: Range
    gave_up_ms: Range


@cache
def growth_draws(spec: StrategySpec) -> GrowthDraws | None:
    """Draw the attempts of `spec`; ``None`` if it waits in any other way, or without an end nearby.

    Seeds are 0, 1, 2 …, and the times are those that the strategy's own loop has with them.
    """
    if spec.waits is None or spec.waits.form != RANDOM_GROWTH or spec.jitter is not None:
        return None
    start, low, high = map(float, spec.waits.values)
    cap_ms = math.inf if spec.cap_ms is None else spec.cap_ms
    limit_ms, is_past = spec.limit_ms, spec.goes_past_limit
    most = min([_MOST_ATTEMPTS, *spec.retry_limits])
    rng = random.Random()
    counts, last_ms, gave_up_ms, schedules = [], [], [], []
    for seed in range(GROWTH_DRAWS):
        rng.seed(seed)
        ns, ms, wait = 0, 0.0, min(start, cap_ms)
        times_ms = [ms]
        while len(times_ms) <= most and (ms if is_past else ms + wait) < limit_ms:
            ns += round(wait * NS_PER_MS)
            ms = ns / NS_PER_MS
            times_ms.append(ms)
            wait = min(wait * (low + (high - low) * rng.random()), cap_ms)
        counts.append(len(times_ms))
        last_ms.append(ms)
        gave_up_ms.append(ms + wait * spec.trailing_wait)
        if seed < KEPT_SCHEDULES:
            codes = (ACCESS_DENIED,) * len(times_ms)
            schedules.append(Schedule(tuple(times_ms), codes, gave_up_ms[-1], "exhausted"))
    if max(counts) > _MOST_ATTEMPTS:
        return None
    bounds = _bounds_ms(spec)
    return GrowthDraws(
        tuple(sorted(last_ms)),
        tuple(schedules),
        drawn_range(counts),
        drawn_range(last_ms, bounds),
        drawn_range(gave_up_ms, None if spec.trailing_wait else bounds),
    )


def _bounds_ms(spec: StrategySpec) -> tuple[float, float] | None:
    """Return what the last attempt is between: for growth without a cap, to a number or to a time limit.

    After k waits the time is at least ``s(k) = (1 - high**-k) / (1 - 1 / high)`` times the last wait,
    and the next wait is at most `high` times the last one. So the time of the next attempt is at most
    ``1 + high / s(k)`` times that of this one.
    """
    if spec.waits is None or spec.cap_ms is not None or (spec.retry_limits and spec.limit):
        return None
    start, low, high = map(float, spec.waits.values)
    if spec.limit is None:
        waits = range(min(spec.retry_limits, default=0))
        return sum(start * low**number for number in waits), sum(
            start * high**number for number in waits
        )
    limit_ms, is_past = spec.limit_ms, spec.goes_past_limit
    if low < 1 or high <= 1 or start >= limit_ms:
        return None
    least, most = math.inf, 0.0
    slowest, fastest, number = start, start, 1
    while slowest < limit_ms:  # more waits than lead past the limit at the fastest change nothing
        grows = 1 + high * (1 - 1 / high) / (1 - high**-number)
        if fastest * grows >= limit_ms:
            if is_past:
                least, most = limit_ms, max(most, min(fastest, limit_ms) * grows)
            else:
                least = min(least, max(slowest, limit_ms / grows))
                most = max(most, min(fastest, limit_ms))
        if fastest >= limit_ms:
            break
        slowest += start * low**number
        fastest += start * high**number
        number += 1
    return least, most
