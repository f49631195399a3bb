"""The distributions of times that a profile may name, in milliseconds: one class each, in closed form.

To add one, write its class and list it in `TimedDistribution`. `harness.holds.tabulated` has those of
tables.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from random import Random
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator
from typing_extensions import override

from harness.holds.distribution import LARGEST_LIBRARY_BYTES, Distribution
from harness.holds.milliseconds import Milliseconds, PositiveMilliseconds, to_ns
from harness.holds.strict import Strict
from harness.holds.tabulated import Counts, Quantiles

MOST_VALUES: Final = 1_000_000
"""Recorded times of a distribution, and of all profiles of a scenario: the manifest of a run has all."""
_Z99: Final = 2.3263478740408408
"""The 99 % quantile of the standard normal distribution, as `statistics.NormalDist` has it."""
_Z999: Final = 3.090232306167813
"""Its 99.9 % quantile."""


class _Fixed(Strict, Distribution):
    """One time for all files of a size."""

    @abstractmethod
    def at(self, size: int) -> float:
        """The time for a file of `size` bytes."""

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return self.at(size)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return _share([self.at(size)], ms)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return self.at(size) * self.cdf(ms, size)

    @override
    def longest_ms(self) -> float:
        return self.at(LARGEST_LIBRARY_BYTES)


class Constant(_Fixed):
    """Always the same time."""

    distribution: Literal["constant"]
    ms: Milliseconds
    """The time in milliseconds."""

    @override
    def at(self, size: int) -> float:
        return self.ms


class SizeProportional(_Fixed):
    """A fixed part plus the size of the held file at a scanning speed."""

    distribution: Literal["size-proportional"]
    base_ms: Milliseconds
    """Fixed part in milliseconds."""
    mb_per_s: Annotated[float, Field(gt=0, le=1_000_000)]
    """Scanning speed in MB (10^6 bytes) per second."""

    @override
    def at(self, size: int) -> float:
        return self.base_ms + size / (self.mb_per_s * 1000)


class Uniform(Strict, Distribution):
    """Evenly between two times."""

    distribution: Literal["uniform"]
    low_ms: Milliseconds
    """Shortest time in milliseconds."""
    high_ms: Milliseconds
    """Longest time in milliseconds, at least ``low_ms``."""

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high_ms < self.low_ms:
            raise ValueError("high_ms must not be below low_ms")
        return self

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return rng.uniform(self.low_ms, self.high_ms)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        if self.low_ms == self.high_ms:
            return _share([self.low_ms], ms)
        return min(max((ms - self.low_ms) / (self.high_ms - self.low_ms), 0.0), 1.0)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return self.cdf(ms) * (self.low_ms + min(ms, self.high_ms)) / 2

    @override
    def longest_ms(self) -> float:
        return self.high_ms


class Lognormal(Strict, Distribution):
    """Lognormal, by its median and its 99th percentile."""

    distribution: Literal["lognormal"]
    median_ms: PositiveMilliseconds
    """Median in milliseconds."""
    p99_ms: PositiveMilliseconds
    """99th percentile in milliseconds, above ``median_ms``."""

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.p99_ms <= self.median_ms:
            raise ValueError("p99_ms must be above median_ms")
        return self

    @property
    def _mu(self) -> float:
        """The mean of the logarithm."""
        return math.log(self.median_ms)

    @property
    def _sigma(self) -> float:
        """The standard deviation of the logarithm."""
        return math.log(self.p99_ms / self.median_ms) / _Z99

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return rng.lognormvariate(self._mu, self._sigma)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return _phi((math.log(ms) - self._mu) / self._sigma) if ms > 0 else 0.0

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        if ms <= 0:
            return 0.0
        mu, sigma = self._mu, self._sigma
        return math.exp(mu + sigma * sigma / 2) * _phi((math.log(ms) - mu) / sigma - sigma)

    @override
    def usual_ms(self) -> float:
        return self.median_ms

    @override
    def longest_ms(self) -> float:
        return self.median_ms * math.exp(self._sigma * _Z999)


class Exponential(Strict, Distribution):
    """Exponential, by its mean."""

    distribution: Literal["exponential"]
    mean_ms: PositiveMilliseconds
    """Mean in milliseconds."""

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return rng.expovariate(1 / self.mean_ms)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return -math.expm1(-ms / self.mean_ms) if ms > 0 else 0.0

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        if math.isinf(ms):
            return self.mean_ms
        return self.mean_ms - (self.mean_ms + ms) * math.exp(-ms / self.mean_ms) if ms > 0 else 0.0

    @override
    def longest_ms(self) -> float:
        return self.mean_ms * math.log(1000)


class Pareto(Strict, Distribution):
    """A Pareto tail, truncated."""

    distribution: Literal["pareto"]
    min_ms: PositiveMilliseconds
    """Shortest time in milliseconds."""
    shape: Annotated[float, Field(gt=0, le=20)]
    """Exponent of the tail; the smaller, the heavier."""
    max_ms: PositiveMilliseconds
    """Longest time in milliseconds, above ``min_ms``."""

    @model_validator(mode="after")
    def _ordered(self) -> Pareto:
        if self.max_ms <= self.min_ms:
            raise ValueError("max_ms must be above min_ms")
        return self

    def _quantile(self, share: float) -> float:
        beyond_max = math.pow(self.min_ms / self.max_ms, self.shape)
        return self.min_ms / math.pow(1 - share * (1 - beyond_max), 1 / self.shape)

    def _below(self, ms: float) -> float:
        """The share below `ms` without the truncation."""
        return -math.expm1(self.shape * math.log(self.min_ms / ms))

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return self._quantile(rng.random())

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        if ms >= self.max_ms:
            return 1.0
        return self._below(ms) / self._below(self.max_ms) if ms > self.min_ms else 0.0

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        """Return the integral of x times the density, from `min_ms` to `ms`."""
        least, shape, end = self.min_ms, self.shape, min(ms, self.max_ms)
        if end <= least:
            return 0.0
        density: float = shape * least**shape / self._below(self.max_ms)
        if math.isclose(shape, 1):
            return density * math.log(end / least)
        power: float = end ** (1 - shape) - least ** (1 - shape)
        return density * power / (1 - shape)

    @override
    def usual_ms(self) -> float:
        return self._quantile(0.5)

    @override
    def longest_ms(self) -> float:
        return self.max_ms


class Empirical(Strict, Distribution):
    """Observed times, each as likely as the others."""

    distribution: Literal["empirical"]
    # not strict about lists, which TOML gives
    values_ms: Annotated[tuple[Milliseconds, ...], Field(max_length=MOST_VALUES, strict=False)] = ()
    """The times in milliseconds."""
    file: Annotated[str, Field(max_length=255)] | None = None
    """Text file beside the profile with one time in milliseconds per line, instead of ``values_ms``."""

    @model_validator(mode="after")
    def _has_values(self) -> Empirical:
        if not self.values_ms and self.file is None:
            raise ValueError("give values_ms or the name of a file with one value per line")
        return self

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return rng.choice(self.values_ms)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return _share(self.values_ms, ms)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        kept = (value for value in self.values_ms if to_ns(value) <= to_ns(ms))
        return math.fsum(kept) / len(self.values_ms)

    @override
    def longest_ms(self) -> float:
        return max(self.values_ms)


class _Endless(Strict, Distribution):
    """A hold that does not end by itself."""

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        return math.inf

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return 0.0

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return self.cdf(ms)

    @override
    def usual_ms(self) -> float:
        return self.longest_ms()

    @override
    def longest_ms(self) -> float:
        return math.inf


class Forever(_Endless):
    """Never released."""

    distribution: Literal["forever"]


class UntilFailure(_Endless):
    """Released at the k-th attempt that failed because of it.

    The hold then depends on the strategy. It is for tests and reproductions; comparing strategies on
    it, or tuning one, is meaningless, and tables say so.
    """

    distribution: Literal["until-failure"]
    failures: Annotated[int, Field(ge=1, le=100_000)]
    """Number of attempts that must fail because of the hold before it is released."""

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        """Raise `ValueError`: such a hold has no length of its own."""
        raise ValueError("until-failure ends with the attempts of a strategy: it is no time")

    @override
    def longest_ms(self) -> float:
        return 0.0  # it adds nothing to the strategy's own waits


TimedDistribution = (
    Constant
    | Uniform
    | Lognormal
    | Exponential
    | Pareto
    | Empirical
    | Quantiles
    | Counts
    | SizeProportional
)
"""The distributions of times that end."""


class MixturePart(Strict):
    """One part of a mixture, with its share of the draws."""

    weight: Annotated[float, Field(gt=0, le=1)]
    """Share of the draws; all weights add up to 1."""
    of: Annotated[TimedDistribution | Forever, Field(discriminator="distribution")]
    """Distribution of these draws."""


class Mixture(Strict, Distribution):
    """One of several distributions, chosen by weight; the weights add up to 1."""

    distribution: Literal["mixture"]
    parts: Annotated[list[MixturePart], Field(min_length=2, max_length=20)]
    """The parts."""

    @model_validator(mode="after")
    def _adds_up(self) -> Mixture:
        total = sum(part.weight for part in self.parts)
        if abs(total - 1) > 1e-9:  # noqa: PLR2004 - rounding of decimal weights
            raise ValueError(f"the weights add up to {total:g}, not to 1")
        return self

    @override
    def sample(self, rng: Random, size: int = 0) -> float:
        (part,) = rng.choices(self.parts, [part.weight for part in self.parts])
        return part.of.sample(rng, size)

    @override
    def cdf(self, ms: float, size: int = 0) -> float:
        return sum(part.weight * part.of.cdf(ms, size) for part in self.parts)

    @override
    def partial_mean(self, ms: float, size: int = 0) -> float:
        return sum(part.weight * part.of.partial_mean(ms, size) for part in self.parts)

    @override
    def usual_ms(self) -> float:
        return sum(part.weight * part.of.usual_ms() for part in self.parts)

    @override
    def longest_ms(self) -> float:
        return max(part.of.longest_ms() for part in self.parts)


AnyDistribution = TimedDistribution | Mixture | Forever | UntilFailure
"""The distributions that the length of a hold may have."""


def _phi(z: float) -> float:
    """The normal distribution function, as exact in its lower tail as in its upper one."""
    return math.erfc(-z / math.sqrt(2)) / 2


def _share(values_ms: tuple[float, ...] | list[float], ms: float) -> float:
    """The share of `values_ms` that are at most `ms`, to the nanosecond."""
    return sum(to_ns(value) <= to_ns(ms) for value in values_ms) / len(values_ms)
