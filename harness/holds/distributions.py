"""The distribution functions of a profile's times, in closed form: what `draw` draws from.

With them one can say what a policy survives without running a trial. ``at_most`` is the share of times
that are no longer than a given one, ``mean_up_to`` the part of the mean that such times contribute.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS
from harness.holds.profile import (
    Constant,
    Empirical,
    Exponential,
    Forever,
    Lognormal,
    Mixture,
    Pareto,
    SizeProportional,
    Uniform,
    UntilFailure,
)

if TYPE_CHECKING:
    from harness.holds.profile import AnyDistribution

_NORMAL: Final = NormalDist()
_Z99: Final = _NORMAL.inv_cdf(0.99)
_ROOT2: Final = math.sqrt(2)


def at_most(of: AnyDistribution, ms: float, size: int = 0) -> float:  # noqa: C901 - one case each
    """The share of times of `of` that are at most `ms`: its distribution function.

    `size` is that of the held file in bytes. Times that repeat are compared to the nanosecond, as drawn
    ones are. ``forever`` is 0. Raises `ValueError` for ``until-failure``, which is no time.
    """
    match of:
        case Constant() | SizeProportional():
            return float(_ns(_fixed_ms(of, size)) <= _ns(ms))
        case Uniform(low_ms=low, high_ms=high):
            if low == high:
                return float(_ns(low) <= _ns(ms))
            return min(max((ms - low) / (high - low), 0.0), 1.0)
        case Lognormal():
            if ms <= 0:
                return 0.0
            mu, sigma = _of_logarithm(of)
            return _phi((math.log(ms) - mu) / sigma)
        case Exponential():
            return -math.expm1(-ms / of.mean_ms) if ms > 0 else 0.0
        case Pareto(min_ms=least, max_ms=most, shape=shape):
            if ms >= most:
                return 1.0
            return _below(least, shape, ms) / _below(least, shape, most) if ms > least else 0.0
        case Empirical():
            return sum(_ns(value) <= _ns(ms) for value in of.values_ms) / len(of.values_ms)
        case Mixture():
            return sum(part.weight * at_most(part.of, ms, size) for part in of.parts)
        case Forever():
            return 0.0
        case UntilFailure():
            raise ValueError("until-failure ends with the attempts of a strategy: it is no time")


def mean_up_to(of: AnyDistribution, ms: float, size: int = 0) -> float:  # noqa: C901 - as above
    """What the times up to `ms` contribute to the mean of `of`, in milliseconds: E[T; T <= ms].

    For `ms` without bound this is the mean itself; divided by `at_most` it is the mean of those times.
    Raises `ValueError` for ``until-failure``.
    """
    match of:
        case Constant() | SizeProportional():
            return _fixed_ms(of, size) * at_most(of, ms, size)
        case Uniform(low_ms=low, high_ms=high):
            if low == high:
                return low * at_most(of, ms)
            end = min(ms, high)
            return (end * end - low * low) / (2 * (high - low)) if end > low else 0.0
        case Lognormal():
            if ms <= 0:
                return 0.0
            mu, sigma = _of_logarithm(of)
            return math.exp(mu + sigma * sigma / 2) * _phi((math.log(ms) - mu) / sigma - sigma)
        case Exponential(mean_ms=mean):
            return mean - (mean + ms) * math.exp(-ms / mean) if ms > 0 else 0.0
        case Pareto(min_ms=least, max_ms=most, shape=shape):
            return _pareto_mean(least, most, shape, min(ms, most)) if ms > least else 0.0
        case Empirical():
            kept = (value for value in of.values_ms if _ns(value) <= _ns(ms))
            return math.fsum(kept) / len(of.values_ms)
        case Mixture():
            return sum(part.weight * mean_up_to(part.of, ms, size) for part in of.parts)
        case Forever():
            return 0.0
        case UntilFailure():
            raise ValueError("until-failure ends with the attempts of a strategy: it is no time")


def _fixed_ms(of: Constant | SizeProportional, size: int) -> float:
    return of.ms if isinstance(of, Constant) else of.base_ms + size / (of.mb_per_s * 1000)


def _of_logarithm(of: Lognormal) -> tuple[float, float]:
    """The mean and the standard deviation of the logarithm, from the median and the 99th percentile."""
    return math.log(of.median_ms), math.log(of.p99_ms / of.median_ms) / _Z99


def _phi(z: float) -> float:
    """The normal distribution function, as exact in its lower tail as in its upper one."""
    return math.erfc(-z / _ROOT2) / 2


def _below(least: float, shape: float, ms: float) -> float:
    """The share below `ms` of a Pareto distribution that nothing cuts off."""
    return -math.expm1(shape * math.log(least / ms))


def _pareto_mean(least: float, most: float, shape: float, ms: float) -> float:
    """The integral of x times the density of a Pareto distribution truncated at `most`, up to `ms`."""
    density: float = shape * least**shape / _below(least, shape, most)
    if math.isclose(shape, 1):
        return density * math.log(ms / least)
    power: float = ms ** (1 - shape) - least ** (1 - shape)
    return density * power / (1 - shape)


def _ns(milliseconds: float) -> float:
    return round(milliseconds * NS_PER_MS) if math.isfinite(milliseconds) else milliseconds
