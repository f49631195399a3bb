"""How long the holds of a profile last, without drawing any: for estimates and for patience."""

from __future__ import annotations

import math
from statistics import NormalDist, fmean
from typing import TYPE_CHECKING, Final

from harness.holds.profile import (
    Constant,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Pareto,
    SizeProportional,
    Uniform,
    UntilFailure,
)

if TYPE_CHECKING:
    from harness.holds.profile import AnyDistribution, HoldTemplate, Profile


def usual_ms(hold: HoldTemplate) -> float:
    """About how long a hold of `hold` lasts: its mean, or its median where that is at hand."""
    return _usual(hold.delay.of) + _usual(hold.duration.of)


def _usual(of: AnyDistribution) -> float:
    match of:
        case Uniform():
            return (of.low_ms + of.high_ms) / 2
        case Lognormal():
            return of.median_ms
        case Exponential():
            return of.mean_ms
        case Pareto():
            beyond_max = math.pow(of.min_ms / of.max_ms, of.shape)
            return of.min_ms / math.pow((1 + beyond_max) / 2, 1 / of.shape)
        case Empirical():
            return fmean(of.values_ms) if of.values_ms else 0.0
        case Mixture():
            return sum(part.weight * _usual(part.of) for part in of.parts)
        case _:
            return _longest(of)


def longest_ms(profile: Profile) -> float:
    """How long a hold of `profile` can last after the close; endless tails are cut at 99.9 %."""
    return max(
        (_longest(hold.delay.of) + _longest(hold.duration.of) for hold in profile.holds), default=0.0
    )


def _longest(of: AnyDistribution) -> float:
    match of:
        case Constant():
            return of.ms
        case Uniform():
            return of.high_ms
        case Lognormal():
            sigma = math.log(of.p99_ms / of.median_ms) / NormalDist().inv_cdf(0.99)
            return of.median_ms * math.exp(sigma * NormalDist().inv_cdf(0.999))
        case Exponential():
            return of.mean_ms * math.log(1000)
        case Pareto():
            return of.max_ms
        case Empirical():
            return max(of.values_ms, default=0.0)
        case SizeProportional():
            return of.base_ms + LARGE_MB / of.mb_per_s * 1000
        case Mixture():
            return max(_longest(part.of) for part in of.parts)
        case UntilFailure():
            return 0.0  # it ends with the strategy's own attempts
        case _:
            return math.inf


LARGE_MB: Final = 40.0
"""The largest library of the shipped payloads, numpy's libopenblas64, in MB."""
