"""The bounds of what jitter can make of a strategy's attempt times, by interval arithmetic.

Waits are spread without gaps that matter here, so the times that an attempt may have are an interval,
and a time limit cuts it. The bounds are what the times come close to, however rarely.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.strategy.wait_spread import wait_bounds

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

Interval = tuple[float, float]
_ENDLESS_MS: Final = 1e12
"""Waits that grow without a cap, and may be nothing, add up to any time: 30 years are one."""
_NEVER: Final[Interval] = (math.inf, -math.inf)


@dataclass(frozen=True, slots=True)
class TimeBounds:
    """The least and the most: attempts, the time of the last one, and that of the report of its error.

    There may be any number of attempts (``None``) where a wait may be nothing, and with waits that grow
    they may take any time.
    """

    attempts: tuple[int, int | None]
    last_ms: tuple[float, float | None]
    gave_up_ms: tuple[float, float | None]


def independent_bounds(spec: StrategySpec) -> TimeBounds | None:
    """Return the bounds for a strategy of independent waits; ``None`` for any other."""
    ends = list(_ends(spec, wait_bounds(spec)))
    counts, last, gave_up = zip(*ends, strict=True)
    if min(counts) == math.inf:
        return None
    return TimeBounds(
        (min(counts), None if math.inf in counts else max(counts)), _hull(last), _hull(gave_up)
    )


def _ends(
    spec: StrategySpec, waits_ms: Iterable[Interval]
) -> Iterator[tuple[float, Interval, Interval]]:
    """Yield at which attempt a strategy may give up, when that is, and when it reports the error."""
    limit_ms, is_past = spec.limit_ms, spec.goes_past_limit
    trails, most = spec.trailing_wait, min(spec.retry_limits, default=math.inf)
    low, high = 0.0, 0.0
    for count, (short, long) in enumerate(waits_ms, start=1):
        if count > most:
            yield count, (low, high), (low + trails * short, high + trails * long)
            return
        if is_past:
            if high >= limit_ms:
                last = max(low, limit_ms), high
                yield count, last, (last[0] + trails * short, high + trails * long)
            if low >= limit_ms:
                return
            high = min(high, limit_ms)
        elif high + long >= limit_ms:
            last = max(low, limit_ms - long), high
            yield count, last, (max(low + short, limit_ms), high + long) if trails else last
        low, high = low + short, high + long
        if not is_past:
            if low >= limit_ms:
                return
            high = min(high, limit_ms)
    yield math.inf, _NEVER, _NEVER


def _hull(intervals: Sequence[Interval]) -> tuple[float, float | None]:
    most = max(high for _, high in intervals)
    return min(low for low, _ in intervals), most if most < _ENDLESS_MS else None
