"""The answer of a prediction in a few sentences: what a strategy survives, and where it ranks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from harness.text import begun, joined, percent, points

if TYPE_CHECKING:
    from harness.predict.overview import OneOverview, OneRankings
    from harness.predict.rank import Rank
    from harness.predict.simulate import Prediction

_SHOWN: Final = 0.5e-4
"""Less does not show in percentages."""


def overview_answers(found: OneOverview) -> Iterator[str]:
    """Say for each target shape under which profiles all, some and no operations succeed."""
    for each in found.shapes:
        if each.ranks:
            yield f"{begun(each.doing)}: {'; '.join(_outcomes(each.ranks))}."


def _outcomes(ranks: Sequence[Rank]) -> Iterator[str]:
    """Say what succeeds, the best first; with a rank where strategies differ."""
    shares = {row: round(row.prediction.success_rate, 9) for row in ranks}
    if every := [row.profile for row in ranks if shares[row] == 1]:
        yield f"always succeeds under {joined(every)}"
    some = sorted((row for row in ranks if 0 < shares[row] < 1), key=lambda row: -shares[row])
    for row in some:
        yield f"succeeds in {success_words(row.prediction)} under {row.profile} ({row.words})"
    if none := [row.profile for row in ranks if not shares[row]]:
        yield f"never succeeds under {joined(none)}"


def rankings_answers(found: OneRankings) -> Iterator[str]:
    """Say for each target shape how often the predicted strategy succeeds, its rank, and the best."""
    for ranking in found.rankings:
        own = next(row for row in ranking.strategies if row.is_predicted)
        best = ranking.strategies[0]
        rate = success_words(own.prediction)
        words = f"{begun(ranking.doing)}: succeeds in {rate} of operations, {own.rank}"
        if best.prediction.success_rate > own.prediction.success_rate:
            words += f"; the best is {best.name} with {success_words(best.prediction)}"
        yield f"{words}."


def success_words(found: Prediction) -> str:
    """Spell ``94.0 %``, or where it was drawn an estimate and its 95 % interval, ``~70 ± 7 %``."""
    share = round(found.success_rate, 9)
    half = max(found.high - found.success_rate, found.success_rate - found.low)
    if not found.is_estimate or half < _SHOWN:
        return f"{percent(share)} %"
    decimals = min(max(math.ceil(-math.log10(half)) - 2, 0), 2)
    return f"~{100 * share:.{decimals}f} ± {points(half, 'up').lstrip('+')} %"
