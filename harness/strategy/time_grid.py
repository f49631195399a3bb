"""The distribution of a time on a grid, and that of the time after one more random wait.

A sum with a uniform wait is an integral of the distribution function, taken by the trapezoidal rule with
its correction for how the function bends between nodes. Elsewhere it is taken as straight between two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.strategy.wait_spread import WaitSpread

NEGLIGIBLE: Final = 1e-12
"""Less than this share at either end of a grid is cut off."""
_HALVINGS: Final = 60


@dataclass(frozen=True)
class TimeGrid:
    """How much of all has a time of at most each of equally spaced nodes from `low_ms` to `high_ms`.

    `shares` ascend. The first is that at `low_ms` itself, the last is all that this grid stands for,
    which may be less than 1. A single share is a single time.
    """

    low_ms: float
    high_ms: float
    shares: tuple[float, ...]

    @property
    def share(self) -> float:
        """All that the grid stands for."""
        return self.shares[-1]

    @cached_property
    def cell_ms(self) -> float:
        """The distance of nodes."""
        return (self.high_ms - self.low_ms) / (len(self.shares) - 1) if len(self.shares) > 1 else 0.0

    @cached_property
    def nodes_ms(self) -> list[float]:
        """The nodes."""
        last = len(self.shares) - 1
        return [self.low_ms + self.cell_ms * number for number in range(last)] + [self.high_ms]

    @cached_property
    def _bends(self) -> list[float]:
        """How much the distribution function bends in each cell: its second difference, over 12."""
        slopes = [after - before for before, after in pairwise(self.shares)]
        inner = ((after - before) / 24 for before, after in zip(slopes, slopes[2:], strict=False))
        return [0.0, *inner, 0.0][: len(slopes)]

    @cached_property
    def _areas(self) -> list[float]:
        """The integral of the distribution function up to each node."""
        cells = (
            ((before + after) / 2 - bend) * self.cell_ms
            for (before, after), bend in zip(pairwise(self.shares), self._bends, strict=True)
        )
        return list(accumulate(cells, initial=0.0))

    def cells(self) -> Iterator[tuple[float, float, float]]:
        """Yield the parts: (from, to, share)."""
        if self.shares[0]:
            yield self.low_ms, self.low_ms, self.shares[0]
        for (start, end), (before, after) in zip(
            pairwise(self.nodes_ms), pairwise(self.shares), strict=True
        ):
            if after != before:
                yield start, end, after - before

    def at_most(self, ms: float) -> float:
        """Return how much of all has a time of at most `ms`."""
        if ms < self.low_ms:
            return 0.0
        if ms >= self.high_ms:
            return self.shares[-1]
        place = (ms - self.low_ms) / self.cell_ms
        number = min(int(place), len(self.shares) - 2)
        before = self.shares[number]
        return before + (place - number) * (self.shares[number + 1] - before)

    def _area(self, ms: float) -> float:
        """Return the integral of the distribution function up to `ms`."""
        if ms <= self.low_ms:
            return 0.0
        if ms >= self.high_ms:
            return self._areas[-1] + (ms - self.high_ms) * self.shares[-1]
        place = (ms - self.low_ms) / self.cell_ms
        number = min(int(place), len(self.shares) - 2)
        part, before = place - number, self.shares[number]
        more = (self.shares[number + 1] - before) * part / 2 - self._bends[number] * part * (
            3 - 2 * part
        )
        return self._areas[number] + self.cell_ms * part * (before + more)

    def plus_at(self, wait: WaitSpread, nodes_ms: Sequence[float]) -> list[float]:
        """Return how much of all has a time of at most each node, after one more wait."""
        shares = [0.0] * len(nodes_ms)
        area = self._area
        for low, high, weight in wait.pieces:
            if high > low:
                scale = weight / (high - low)
                for number, ms in enumerate(nodes_ms):
                    shares[number] += scale * (area(ms - low) - area(ms - high))
            else:
                for number, ms in enumerate(nodes_ms):
                    shares[number] += weight * self.at_most(ms - low)
        return shares

    def plus(
        self, wait: WaitSpread, cells: int, *, from_ms: float = 0.0, before_ms: float = math.inf
    ) -> TimeGrid | None:
        """Return the time after one more wait, within a range, on `cells`; ``None``: there is none."""
        low = max(self.low_ms + wait.least_ms, from_ms)
        high = min(self.high_ms + wait.most_ms, before_ms)
        if low > high or low >= before_ms or high < from_ms:
            return None
        if low == high:
            return TimeGrid(low, high, tuple(self.plus_at(wait, [low])))
        step = (high - low) / cells
        nodes = [low + step * number for number in range(cells)] + [high]
        shares = self.plus_at(wait, nodes)
        if low > self.low_ms + wait.least_ms:  # what is before `from_ms` is not meant
            before = shares[0]
            shares = [share - before for share in shares]
        ascending = list(accumulate(shares, max))
        return _trimmed(nodes, ascending) if ascending[-1] > NEGLIGIBLE else None

    def weighted(self, weights: Sequence[float], at_low: float) -> TimeGrid:
        """Return a part of each cell, and of what is at `low_ms` itself."""
        parts = (
            weight * (after - before)
            for weight, (before, after) in zip(weights, pairwise(self.shares), strict=True)
        )
        shares = tuple(accumulate(parts, initial=at_low * self.shares[0]))
        return TimeGrid(self.low_ms, self.high_ms, shares)

    def scaled_to(self, share: float) -> TimeGrid:
        """Return the same distribution of another share of all."""
        scale = share / self.share
        return TimeGrid(self.low_ms, self.high_ms, tuple(scale * each for each in self.shares))


def _trimmed(nodes: list[float], shares: list[float]) -> TimeGrid:
    """Cut off what is negligible at both ends."""
    first, last = 0, len(nodes) - 1
    while first < last and shares[first + 1] < NEGLIGIBLE:
        first += 1
    while last > first + 1 and shares[-1] - shares[last - 1] < NEGLIGIBLE:
        last -= 1
    kept = [*shares[first:last], shares[-1]]
    return TimeGrid(nodes[first], nodes[last], tuple(kept))


def quantile(grids: Sequence[TimeGrid], share: float) -> float:
    """Return the time that `share` of all that several grids stand for do not exceed."""
    wanted = share * math.fsum(grid.share for grid in grids)
    return first_time(grids, wanted)


def first_time(grids: Sequence[TimeGrid], wanted: float) -> float:
    """Return when as much of all as `wanted` has come; ``inf`` if that never is."""
    low, high = min(grid.low_ms for grid in grids), max(grid.high_ms for grid in grids)
    if _at_most(grids, low) >= wanted - NEGLIGIBLE:
        return low
    if _at_most(grids, high) < wanted - NEGLIGIBLE:
        return math.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_most(grids, middle) >= wanted else (middle, high)
    return high


def _at_most(grids: Sequence[TimeGrid], ms: float) -> float:
    return math.fsum(grid.at_most(ms) for grid in grids)
