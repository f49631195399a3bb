"""Find places in very many ascending times, with a table in place of most steps of a binary search.

The bits of a time that is not negative, read as a whole number, ascend with the time. So their first
bits are the number of a bucket, and the table says where each bucket begins: few steps are left, and
they are made for all times at once, so that the memory is read in parallel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.tune.releases import Floats

_FEW: Final = 64
"""Of so few times, a binary search needs no table."""
_BUCKETS: Final = 2
"""Most buckets for each time: with more, the table outgrows the times and saves hardly a step."""


class TimeIndex:
    """Ascending times, none negative, ready to be searched."""

    def __init__(self, times_ms: Floats) -> None:
        self.times_ms = times_ms
        self._starts: NDArray[np.int32] | None = None
        zeros = int(np.searchsorted(times_ms, 0.0, side="right"))
        if times_ms.size - zeros > _FEW:
            self._make(zeros)

    def _make(self, zeros: int) -> None:
        """Make the table; what is below its first bucket is only the zeros."""
        bits = self.times_ms[zeros:].view(np.int64)
        first, last = int(bits[0]), int(bits[-1])
        self._shift = 0
        while (last >> self._shift) - (first >> self._shift) > _BUCKETS * bits.size:
            self._shift += 1
        self._base = first >> self._shift
        counts = np.bincount((bits >> self._shift) - self._base)
        self._starts = np.zeros(counts.size + 1, np.int32)  # the last: behind the last bucket
        np.cumsum(counts, out=self._starts[1:])
        self._starts += zeros
        self._steps = [1 << bit for bit in reversed(range(int(counts.max()).bit_length()))]

    def count_until(self, at_ms: Floats) -> NDArray[np.intp]:
        """Return how many times are at most each of `at_ms`, which are not negative."""
        if self._starts is None:
            return np.searchsorted(self.times_ms, at_ms, side="right")
        bucket = (at_ms.view(np.int64) >> self._shift) - self._base
        found = self._starts.take(bucket, mode="clip").astype(np.intp)
        for step in self._steps:
            found += step * (self.times_ms.take(found + (step - 1), mode="clip") <= at_ms)
        return np.minimum(found, self.times_ms.size)  # clipped, the last time was counted repeatedly
