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

_MANTISSA_BITS: Final = 52
_FEW: Final = 64
"""Of so few times, a binary search needs no table."""


class TimeIndex:
    """Ascending times, none negative, ready to be searched."""

    def __init__(self, times_ms: Floats) -> None:
        self.times_ms = times_ms
        self._starts: NDArray[np.int32] | None = None
        positive = times_ms[np.searchsorted(times_ms, 0.0, side="right") :]
        if positive.size > _FEW:
            self._make(positive)

    def _make(self, positive: Floats) -> None:
        """Make the table, with about one bucket a time."""
        first, last = (int(each) for each in positive[[0, -1]].view(np.int64))
        self._shift = 0
        while (last >> self._shift) - (first >> self._shift) > positive.size:
            self._shift += 1
        self._base = first >> self._shift
        self._last = (last >> self._shift) - self._base
        bucket = (self.times_ms.view(np.int64) >> self._shift) - self._base
        counts = np.bincount(np.maximum(bucket, -1) + 1, minlength=self._last + 2)
        starts = np.zeros(self._last + 4, np.int32)  # before the first bucket, behind the last one
        np.cumsum(counts, out=starts[1:-1])
        starts[-1] = starts[-2]
        self._starts = starts

    def count_until(self, at_ms: Floats) -> NDArray[np.int32]:
        """Return how many times are at most each of `at_ms`, which are not negative."""
        if self._starts is None:
            return np.searchsorted(self.times_ms, at_ms, side="right").astype(np.int32)
        bucket = (at_ms.view(np.int64) >> self._shift) - (self._base - 1)
        np.clip(bucket, 0, self._last + 2, out=bucket)
        low: NDArray[np.int32] = self._starts[bucket]
        bucket += 1
        np.minimum(bucket, self._last + 3, out=bucket)
        high = self._starts[bucket]
        last = self.times_ms.size - 1
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) >> 1
            later = self.times_ms[np.minimum(middle, last)] > at_ms
            np.copyto(high, middle, where=later)
            middle += 1
            np.copyto(low, np.minimum(middle, high), where=~later)
        return low
