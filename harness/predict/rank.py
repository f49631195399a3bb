"""The rank of a strategy among others in a case of holds, by predicted success rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.predict.simulate import Prediction, SuccessRate, predict, success_rate
from harness.predict.trace import traces_of

if TYPE_CHECKING:
    from harness.predict.hold_cases import HoldCase
    from harness.strategy.spec import StrategySpec
    from harness.strategy.view import StrategyView

_SAME: Final = 1e-9
"""Rates that differ by less are the same: sums of floats."""
ERRORS: Final = 2.0
"""This many standard errors either side of an estimate contain its true value in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The rank of a strategy under a profile, among others.

    Success rates are equal if they do not differ by more than their 95 % interval, where jitter makes
    them estimates.
    """

    profile: str
    """Name of the hold profile."""
    code: int | None
    """Win32 error of a single attempt."""
    hit_rate: float
    """Share of operations that are hit by a hold."""
    prediction: Prediction
    """How the strategy performs."""
    gets_through: bool
    """Whether it succeeds in spite of the holds, whatever it retries."""
    lower: int
    """Number of others with a lower success rate."""
    equal: int
    """Number of others with an equal success rate."""
    of: int
    """Number of others."""


def rank(spec: StrategySpec, others: Sequence[StrategySpec], case: HoldCase) -> Rank:
    """Rank a strategy among `others`."""
    prediction = predict(spec, case)
    rates = [success_rate(other, case) for other in others]
    return Rank(
        case.profile,
        case.code,
        case.hit_rate,
        prediction,
        gets_through=any(trace.succeeded for trace in traces_of(spec, case.shape, case.handles)),
        lower=sum(is_less(rate, prediction.rate) for rate in rates),
        equal=sum(not differ(rate, prediction.rate) for rate in rates),
        of=len(others),
    )


def differ(one: SuccessRate, other: SuccessRate) -> bool:
    """Return whether two rates differ by more than `ERRORS` standard errors of their difference."""
    return abs(one.share - other.share) > _SAME + ERRORS * math.hypot(one.error, other.error)


def is_less(one: SuccessRate, other: SuccessRate) -> bool:
    """Return whether `one` is less than `other`, and not just by chance."""
    return one.share < other.share and differ(one, other)


def ranking(views: Sequence[StrategyView], case: HoldCase) -> list[tuple[StrategyView, Prediction]]:
    """Rank strategies, best first: by success rate, then by the mean time to success."""
    predictions = [(view, predict(view.required_spec, case)) for view in views]
    return sorted(
        predictions,
        key=lambda row: (
            -round(row[1].success_rate, 9),
            math.inf if math.isnan(row[1].mean_ms) else row[1].mean_ms,
        ),
    )
