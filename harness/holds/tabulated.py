"""Distributions that a table gives: quantiles that somebody published, or counts of times in classes.

Between two neighbours of a table, times are spread evenly; the share, the quantile and the mean of such
pieces are exact.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from random import Random
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from typing_extensions import override

from harness.holds.distribution import Distribution
from harness.holds.milliseconds import Milliseconds, to_ns
from harness.holds.strict import Strict

MOST_ROWS: Final = 1000
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Tabulated(Strict, Distribution):
    """Evenly spread between the points of a table."""

    @abstractmethod
    def points(self) -> Sequence[tuple[float, float]]:
        """The points: a share of all times, from 0 to 1, and the time that so many do not exceed."""

    @cached_property
    def _points(self) -> Sequence[tuple[float, float]]:
        return self.points()

    def quantile(self, share: float) -> float:
        """The time that a share of all times does not exceed."""
        points = self._points
        place = max(bisect_left(points, share, key=lambda point: point[0]), 1)
        (low, from_ms), (high, to_ms) = points[place - 1], points[place]
        return from_ms + (to_ms - from_ms) * (share - low) / (high - low)

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return self.quantile(rng.random())

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return min(math.fsum(share for share, _ in self._pieces(ms)), 1.0)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return math.fsum(share * mean_ms for share, mean_ms in self._pieces(ms))

    def _pieces(self, ms: float) -> list[tuple[float, float]]:
        """Return the share and the mean of the times up to `ms` in each piece that has some."""
        found = []
        for (low, from_ms), (high, to_ms) in pairwise(self._points):
            if to_ns(to_ms) <= to_ns(ms):
                found.append((high - low, (from_ms + to_ms) / 2))
            elif from_ms < ms:
                found.append(((high - low) * (ms - from_ms) / (to_ms - from_ms), (from_ms + ms) / 2))
        return found

    @override
    def usual_ms(self) -> float:
        return self.quantile(0.5)

    @override
    def longest_ms(self) -> float:
        return self._points[-1][1]


class Quantiles(_Tabulated):
    """By quantiles, with times spread evenly between two neighbours."""

    distribution: Literal["quantiles"]
    # not strict about lists, which TOML gives
    quantiles: Annotated[
        tuple[Annotated[tuple[_Share, Milliseconds], Field(strict=False)], ...],
        Field(min_length=2, max_length=MOST_ROWS, strict=False),
    ]
    """Pairs of a share and a time in milliseconds, such as ``[0.9, 78]``: 90 % last at most 78 ms. Both
    ascend. The first share is 0, with the shortest time; the last one is 1, with the longest.
    """

    @model_validator(mode="after")
    def _ordered(self) -> Quantiles:
        shares, times_ms = zip(*self.quantiles, strict=True)
        if (shares[0], shares[-1]) != (0, 1):
            raise ValueError(
                "the first share must be 0 (with the shortest time) and the last one 1 (the longest)"
            )
        if any(after <= before for before, after in pairwise(shares)):
            raise ValueError("the shares must ascend")
        if any(after < before for before, after in pairwise(times_ms)):
            raise ValueError("the times must ascend with the shares")
        return self

    @override
    def points(self) -> Sequence[tuple[float, float]]:
        return self.quantiles


class Counts(_Tabulated):
    """By a table of counts, with times spread evenly within each class."""

    distribution: Literal["counts"]
    from_ms: Milliseconds = 0.0
    """Lower end of the first class in milliseconds."""
    # not strict about lists, which TOML gives
    counts: Annotated[
        tuple[Annotated[tuple[Milliseconds, _Count], Field(strict=False)], ...],
        Field(min_length=1, max_length=MOST_ROWS, strict=False),
    ]
    """Pairs of the upper end of a class in milliseconds and the number of times in it, such as
    ``[50, 126]``. The ends ascend, from ``from_ms``.
    """

    @model_validator(mode="after")
    def _ordered(self) -> Counts:
        ends_ms = [self.from_ms, *(end_ms for end_ms, _ in self.counts)]
        if any(after <= before for before, after in pairwise(ends_ms)):
            raise ValueError("the ends of the classes must ascend, the first one above from_ms")
        if not any(count for _, count in self.counts):
            raise ValueError("at least one class must have a count above 0")
        return self

    @override
    def points(self) -> Sequence[tuple[float, float]]:
        total = sum(count for _, count in self.counts)
        below = accumulate((count for _, count in self.counts), initial=0)
        ends_ms = (self.from_ms, *(end_ms for end_ms, _ in self.counts))
        points = [(count / total, end_ms) for count, end_ms in zip(below, ends_ms, strict=True)]
        first = max(place for place, (share, _) in enumerate(points) if share == 0)
        last = min(place for place, (share, _) in enumerate(points) if share == 1)
        return points[first : last + 1]  # without empty classes at the ends
