"""When operations become possible: masses on times, continuous distributions, or both.

Times are milliseconds from the first attempt; 0 stands for operations that are not held. Success is
taken to be monotone in time: once an operation is possible, it stays so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from harness.errors import InvalidInputError
from harness.holds.distribution import LARGEST_LIBRARY_BYTES, Distribution
from harness.holds.distributions import (
    Constant,
    Empirical,
    Forever,
    Mixture,
    SizeProportional,
    UntilFailure,
)
from harness.tune.time_index import TimeIndex

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.floating[Any]]

_NS_DECIMALS: Final = 6
"""Times are compared to the nanosecond, as drawn times are."""


@dataclass(frozen=True)
class Releases:
    """The share of operations that become possible by each time.

    `times_ms` ascend; `below` is the share of all operations that are possible by then, `ended` the part
    of the mean time that they contribute, both with a 0 before the first. `smooth` are continuous parts
    with their shares. What adds up to less than 1 is never possible.
    """

    times_ms: Floats
    below: Floats
    ended: Floats
    smooth: tuple[tuple[float, Distribution], ...] = ()
    size: int = field(default=LARGEST_LIBRARY_BYTES, repr=False)

    @classmethod
    def of_times(
        cls,
        times_ms: ArrayLike,
        masses: ArrayLike | None = None,
        smooth: Sequence[tuple[float, Distribution]] = (),
    ) -> Releases:
        """Make it of times, each with its mass, or all with the same; ``inf`` is never possible."""
        times = np.round(np.asarray(times_ms, dtype=np.float64), _NS_DECIMALS)
        mass = np.full(times.size, 1 / max(times.size, 1)) if masses is None else np.asarray(masses)
        if times.size > 1 and not (times[1:] >= times[:-1]).all():
            order = np.argsort(times, kind="stable")
            times, mass = times[order], mass[order]
        count = int(np.searchsorted(times, math.inf))
        times, mass = times[:count], mass[:count]
        return cls(
            times,
            np.concatenate([[0.0], np.cumsum(mass)]),
            np.concatenate([[0.0], np.cumsum(mass * times)]),
            tuple(smooth),
        )

    @classmethod
    def of_distribution(
        cls, lengths: Distribution, probability: float = 1.0, size: int = LARGEST_LIBRARY_BYTES
    ) -> Releases:
        """Make it of the distribution of the holds that operations have with a probability.

        Raises `InvalidInputError` for holds that end with the attempts of a strategy.
        """
        times, masses = [0.0], [1 - probability]
        smooth: list[tuple[float, Distribution]] = []
        for share, part in _parts(lengths, probability):
            if isinstance(part, UntilFailure):
                raise InvalidInputError(
                    "until-failure ends with the attempts of a strategy: nothing can be tuned on it"
                )
            if isinstance(part, Empirical):
                times += part.values_ms
                masses += [share / len(part.values_ms)] * len(part.values_ms)
            elif isinstance(part, Constant | SizeProportional):
                times.append(part.at(size))
                masses.append(share)
            elif not isinstance(part, Forever):
                smooth.append((share, part))
        return cls.of_times(times, masses, smooth)

    def share_by(self, times_ms: Floats, counts: NDArray[np.intp] | None = None) -> Floats:
        """The share of operations that are possible by each time.

        `counts` are what `index` counts until these times, where that is known.
        """
        found = self.below.take(self.index.count_until(times_ms) if counts is None else counts)
        for share, part in self.smooth:
            found = found + share * np.array([part.cdf(ms, self.size) for ms in times_ms.tolist()])
        return found

    def ended_by(self, times_ms: Floats, counts: NDArray[np.intp] | None = None) -> Floats:
        """The part of the mean time that operations possible by each time contribute.

        `counts` are what `index` counts until these times, where that is known.
        """
        found = self.ended.take(self.index.count_until(times_ms) if counts is None else counts)
        for share, part in self.smooth:
            more = [part.partial_mean(ms, self.size) for ms in times_ms.tolist()]
            found = found + share * np.array(more)
        return found

    def both_by(self, times_ms: Floats) -> tuple[Floats, Floats]:
        """Return `share_by` and `ended_by` together, which takes less time."""
        counts = self.index.count_until(times_ms)
        return self.share_by(times_ms, counts), self.ended_by(times_ms, counts)

    def seen_after(self, late_ms: float) -> Releases:
        """Return the same from a first attempt on that comes `late_ms` after the holds began.

        What was released before is possible at that attempt.
        """
        if late_ms <= 0:
            return self
        times = (self.times_ms - late_ms).clip(min=0)
        smooth = [(share, _SeenAfter(part, late_ms)) for share, part in self.smooth]
        return replace(Releases.of_times(times, np.diff(self.below), smooth), size=self.size)

    @cached_property
    def index(self) -> TimeIndex:
        """The times, ready to be searched."""
        return TimeIndex(self.times_ms)

    @property
    def free(self) -> float:
        """The share of operations that are possible at the first attempt."""
        return float(self.share_by(np.zeros(1))[0])

    @property
    def in_the_end(self) -> float:
        """The share of operations that are ever possible."""
        smooth = sum(share * part.cdf(math.inf, self.size) for share, part in self.smooth)
        return float(self.below[-1]) + smooth

    def time_of(self, share: float) -> float:
        """The least time by which so many are possible; ``inf`` if that is never so."""
        if share > self.in_the_end + SAME:
            return math.inf
        if not self.smooth:
            place = int(np.searchsorted(self.below, share - SAME))
            return float(self.times_ms[place - 1]) if place else 0.0
        low, high = 0.0, 1.0
        while self._misses(high, share):
            low, high = high, 2 * high
            if math.isinf(high):
                return math.inf
        while high - low > 1e-9 * high:
            middle = (low + high) / 2
            low, high = (middle, high) if self._misses(middle, share) else (low, middle)
        return high

    def _misses(self, ms: float, share: float) -> bool:
        return float(self.share_by(np.array([ms]))[0]) < share - SAME


@dataclass(frozen=True)
class _SeenAfter(Distribution):
    """What is left of times from a moment on; of those that ended before, nothing."""

    of: Distribution
    late_ms: float

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return max(self.of.sample(rng, size) - self.late_ms, 0.0)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return self.of.cdf(ms + self.late_ms, size) if ms >= 0 else 0.0

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        if ms < 0:
            return 0.0
        whole, before = (
            self.of.partial_mean(end, size) - self.late_ms * self.of.cdf(end, size)
            for end in (ms + self.late_ms, self.late_ms)
        )
        return whole - before

    @override
    def longest_ms(self) -> float:
        return max(self.of.longest_ms() - self.late_ms, 0.0)


SAME: Final = 1e-12
"""Shares that differ by less are the same: they are sums."""


def _parts(lengths: Distribution, share: float) -> Iterator[tuple[float, Distribution]]:
    """The parts of a distribution with their shares."""
    if isinstance(lengths, Mixture):
        for part in lengths.parts:
            yield share * part.weight, part.of
    else:
        yield share, lengths
