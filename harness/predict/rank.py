"""The rank of a strategy among others in a case of holds, by predicted success rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.predict.simulate import SuccessRate, predict, success_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.predict.hold_cases import HoldCase
    from harness.predict.simulate import Prediction
    from harness.strategy.spec import StrategySpec
    from harness.strategy.view import StrategyView

_SAME: Final = 1e-9
"""Rates that differ by less are the same: sums of floats."""
ERRORS: Final = 2.0
"""This many standard errors either side of an estimate contain its true value in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Rank:
    """A prediction in a case; `lower` and `equal` count those `of` the others by their success rates.

    Equal: they do not differ by more than their 95 % interval, where jitter makes them estimates.
    """

    case: HoldCase
    prediction: Prediction
    lower: int
    equal: int
    of: int


def rank(spec: StrategySpec, others: Sequence[StrategySpec], case: HoldCase) -> Rank:
    """Rank a strategy among `others`."""
    prediction = predict(spec, case)
    rates = [success_rate(other, case) for other in others]
    return Rank(
        case,
        prediction,
        lower=sum(is_less(rate, prediction.rate) for rate in rates),
        equal=sum(not differ(rate, prediction.rate) for rate in rates),
        of=len(others),
    )


def differ(one: SuccessRate, other: SuccessRate) -> bool:
    """Tell whether two rates differ by more than `ERRORS` standard errors of their difference."""
    return abs(one.share - other.share) > _SAME + ERRORS * math.hypot(one.error, other.error)


def is_less(one: SuccessRate, other: SuccessRate) -> bool:
    """Tell whether `one` is less than `other`, and not just by chance."""
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
