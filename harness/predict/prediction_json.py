"""The output of ``harness predict --json``, as types."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.predict.overview import permanent_denial
from harness.strategy.strategy_json import StrategyJson, strategy_json
from harness.strategy.timetable import Range  # noqa: TC001 - fields are read for documentation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.predict.overview import Overview, Ranking
    from harness.predict.simulate import Prediction
    from harness.strategy.view import StrategyView

SCHEMA: Final = 1


@dataclass(frozen=True)
class PredictionJson:
    """A prediction, see `harness.predict.simulate.Prediction`; ``null``: a time that is not reached."""

    success_rate: float
    error: float
    median_ms: float | None
    mean_ms: float | None
    overshoot_ms: float | None
    is_estimate: bool


@dataclass(frozen=True)
class RankJson:
    """The rank of the strategy under one profile.

    `code` is the Win32 error of a single attempt, `hit_rate` the share of operations that are hit by a
    hold. `better_than` and `equal_to` count the other strategies by their success rates.
    """

    profile: str
    code: int | None
    hit_rate: float
    prediction: PredictionJson
    better_than: int
    equal_to: int


@dataclass(frozen=True)
class ShapeJson:
    """The ranks for one target shape (``directory`` or ``file``), and why other profiles have none."""

    shape: str
    title: str
    profiles: list[RankJson]
    not_ranked: dict[str, str]


@dataclass(frozen=True)
class SimilarJson:
    """A similar strategy, its distance and its differences; `same_as` names others just like it."""

    name: str
    notation: str | None
    distance: float
    differences: tuple[str, ...]
    same_as: tuple[str, ...]


@dataclass(frozen=True)
class DenialJson:
    """What a permanent denial costs: attempts, and milliseconds until the error is reported."""

    attempts: Range
    ms: Range


@dataclass(frozen=True)
class OverviewJson:
    """The output without ``--profile``: the strategy, and its ranks among so many others."""

    schema: int
    strategy: StrategyJson
    permanent_denial: DenialJson
    among: int
    shapes: list[ShapeJson]
    similar: list[SimilarJson]


@dataclass(frozen=True)
class RankedJson:
    """A strategy in a ranking; `is_predicted` marks the one that was asked about."""

    name: str
    notation: str | None
    is_predicted: bool
    prediction: PredictionJson


@dataclass(frozen=True)
class RankingJson:
    """All strategies in one case, best first."""

    shape: str
    profile: str
    code: int | None
    strategies: list[RankedJson]


@dataclass(frozen=True)
class RankingsJson:
    """The output with ``--profile``: a ranking for each target shape that the profile blocks."""

    schema: int
    strategy: StrategyJson
    permanent_denial: DenialJson
    rankings: list[RankingJson]


def overview_json(found: Overview) -> OverviewJson:
    """Describe all that is predicted of a strategy."""
    return OverviewJson(
        SCHEMA,
        strategy_json(found.view),
        DenialJson(*permanent_denial(found.view)),
        found.among,
        [
            ShapeJson(
                each.shape.name,
                each.shape.title,
                [
                    RankJson(
                        rank.case.profile,
                        rank.case.code,
                        rank.case.hit_rate,
                        prediction_json(rank.prediction),
                        rank.lower,
                        rank.equal,
                    )
                    for rank in each.ranks
                ],
                each.left_out,
            )
            for each in found.shapes
        ],
        [
            SimilarJson(
                each.view.name, each.view.notation, each.distance, each.differences, each.same_as
            )
            for each in found.similar
        ],
    )


def rankings_json(view: StrategyView, found: Sequence[Ranking]) -> RankingsJson:
    """Describe the rankings of all strategies under one profile."""
    return RankingsJson(
        SCHEMA,
        strategy_json(view),
        DenialJson(*permanent_denial(view)),
        [
            RankingJson(
                ranking.case.shape.name,
                ranking.case.profile,
                ranking.case.code,
                [
                    RankedJson(row.name, row.notation, row is view, prediction_json(prediction))
                    for row, prediction in ranking.rows
                ],
            )
            for ranking in found
        ],
    )


def prediction_json(found: Prediction) -> PredictionJson:
    """Describe a prediction."""
    return PredictionJson(
        found.success_rate,
        found.error,
        _finite(found.median_ms),
        _finite(found.mean_ms),
        _finite(found.overshoot_ms),
        found.is_estimate,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
