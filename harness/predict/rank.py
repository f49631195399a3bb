"""The rank of a strategy among others in a case of holds, by predicted success rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.predict.simulate import Prediction, SuccessRate, predict, success_rate
from harness.predict.trace import gets_through
from harness.text import ordinal

if TYPE_CHECKING:
    from harness.predict.hold_cases import HoldCase
    from harness.strategy.spec import StrategySpec
    from harness.strategy.view import StrategyView

_SAME: Final = 1e-6
"""Rates that differ by less than one in a million operations are the same."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The rank of a strategy under a profile, among others.

    Success rates are equal if their 95 % intervals overlap, where jitter makes them estimates.
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
    words: str
    """The rank in words: ``tied for first with 55 of 71``, ``72nd of 72``."""


def rank(spec: StrategySpec, others: Sequence[StrategySpec], case: HoldCase) -> Rank:
    """Rank a strategy among `others`."""
    prediction = predict(spec, case)
    rates = [success_rate(other, case) for other in others]
    lower = sum(is_less(rate, prediction.rate) for rate in rates)
    equal = sum(not differ(rate, prediction.rate) for rate in rates)
    return Rank(
        case.profile,
        case.code,
        case.hit_rate,
        prediction,
        gets_through=gets_through(spec, case.shape, case.handles),
        lower=lower,
        equal=equal,
        of=len(others),
        words=rank_words(lower, equal, len(others)),
    )


def rank_words(lower: int, equal: int, of: int) -> str:
    """Say the place of something among itself and `of` others, some worse and some its equals.

    A tie says with how many of the others, and the last place is called so.
    """
    place, last = of + 1 - lower - equal, not lower
    if not equal:
        return f"{ordinal(place)} of {of + 1}" + (" (last)" if last and of else "")
    if equal == of:
        return f"tied with all {of}"
    return f"tied for {'last' if last else ordinal(place)} with {equal} of {of}"


def differ(one: SuccessRate, other: SuccessRate) -> bool:
    """Return whether two rates differ: their intervals have nothing in common."""
    return one.low > other.high + _SAME or other.low > one.high + _SAME


def is_less(one: SuccessRate, other: SuccessRate) -> bool:
    """Return whether `one` is less than `other`, and not just by chance."""
    return one.share < other.share and differ(one, other)


class RankedView(NamedTuple):
    """A strategy in a ranking."""

    view: StrategyView
    prediction: Prediction
    rank: str
    """In words; see `rank_words`."""


def ranking(views: Sequence[StrategyView], case: HoldCase) -> list[RankedView]:
    """Rank strategies, best first: by success rate, then by the mean time to success."""
    predictions = [(view, predict(view.required_spec, case)) for view in views]
    rates = [prediction.rate for _, prediction in predictions]
    rows = [
        RankedView(view, prediction, _words_among(prediction.rate, rates))
        for view, prediction in predictions
    ]
    return sorted(
        rows,
        key=lambda row: (
            -round(row.prediction.success_rate, 6),
            math.inf if math.isnan(row.prediction.mean_ms) else row.prediction.mean_ms,
        ),
    )


def _words_among(rate: SuccessRate, rates: Sequence[SuccessRate]) -> str:
    """Say the rank of one of `rates` among all."""
    lower = sum(is_less(other, rate) for other in rates)
    return rank_words(lower, sum(not differ(other, rate) for other in rates) - 1, len(rates) - 1)
