"""The interface of a distribution of times, such as the lengths of holds.

A run draws from it (`sample`); a prediction needs no trial, because it knows the distribution function
(`cdf`) and the mean of the times up to a bound (`partial_mean`). Whatever implements it, an estimate
from measured holds for example, can stand in for a distribution that a profile names.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from random import Random
from typing import Final

LARGEST_LIBRARY_BYTES: Final = 38_168_576
"""The largest library of the shipped payloads: libopenblas64 of numpy 1.26.4 for Windows.

It stands for a held file where none is given (numpy-1.26.4-cp312-cp312-win_amd64.whl; the largest `pe`
size in scenarios/numpy-wheel.toml).
"""


class Distribution(ABC):
    """A distribution of times in milliseconds.

    `size` is that of the held file in bytes; most distributions do not depend on it. Times that repeat
    are compared to the nanosecond, as drawn times are.
    """

    @abstractmethod
    def sample(self, rng: Random, size: int = 0) -> float:
        """Draw a time; ``inf`` is one that never ends."""

    @abstractmethod
    def cdf(self, ms: float, size: int = 0) -> float:
        """The share of times that are at most `ms`."""

    @abstractmethod
    def partial_mean(self, ms: float, size: int = 0) -> float:
        """The part of the mean that times up to `ms` contribute: E[T; T <= ms].

        With ``inf`` this is the mean of all times that end; divided by `cdf` it is the mean of those
        up to `ms`.
        """

    @abstractmethod
    def longest_ms(self) -> float:
        """The longest time, for a large file; endless tails are cut at 99.9 %."""

    def usual_ms(self) -> float:
        """The mean, or the median of a skewed distribution, for a large file."""
        return self.partial_mean(math.inf, LARGEST_LIBRARY_BYTES)
