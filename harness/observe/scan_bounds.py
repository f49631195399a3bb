"""What the number, the total and the longest of some times say of each of them.

Defender writes for each process how many scans there were, how long all of them took together, and how
long the longest took. That does not give the time of any other scan, but it bounds each: the k longest
of the others take no more than all of the others together, and the rest share what is left.

>>> [(round(each.low_ms), each.high_ms, each.number) for each in bounds(4, 100, 70)]
[(69, 71.0, 1), (9, 31.0, 1), (0, 16.0, 2)]

Processes with the same longest time are taken together: their bounds are those of their sums. Times are
whole milliseconds and it is not known how they were rounded, so each bound has one to spare.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

ROUNDING_MS: Final = 1.0


class Interval(NamedTuple):
    """So many times that ended after `low_ms`, and by `high_ms` (``inf``: not seen to end)."""

    low_ms: float
    high_ms: float
    number: int


def is_possible(count: int, total_ms: int, longest_ms: int) -> bool:
    """Whether there are such times at all."""
    return count >= 1 and longest_ms <= total_ms <= count * (longest_ms + ROUNDING_MS)


def bounds(count: int, total_ms: int, longest_ms: int, processes: int = 1) -> Iterator[Interval]:
    """Yield intervals for `count` times, longest first, after the first ones those of ranks 1, 2 to 3 ….

    Of each of the `processes` the longest time is `longest_ms`. The k longest of the others add up to at
    most what is left, so the k-th is at most a k-th of that. And were all longer ones as long as
    possible, the k-th would still have to be at least the mean of what remains.
    """
    yield Interval(max(longest_ms - ROUNDING_MS, 0.0), longest_ms + ROUNDING_MS, processes)
    others, left_ms = count - processes, total_ms - processes * longest_ms
    first = 1
    while first <= others:
        last = min(2 * first if first > 1 else 1, others)
        high = max(min(float(longest_ms), left_ms / first), 0.0) + ROUNDING_MS
        low = (left_ms - (last - 1) * longest_ms) / (others - last + 1) - ROUNDING_MS
        yield Interval(min(max(low, 0.0), high), high, last - first + 1)
        first = last + 1
