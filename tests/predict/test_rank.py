"""The rank of a strategy among others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from predict_lab import UNIFORM, hold, profile

from harness.predict.hold_cases import hold_case, hold_cases
from harness.predict.rank import differ, is_less, rank, ranking
from harness.predict.shapes import DIRECTORY, SHAPES
from harness.predict.simulate import SuccessRate, predict, success_rate
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue
from harness.strategy.lookup import catalogued, find
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView


def test_success_rates_are_the_same_within_their_errors() -> None:
    assert not differ(SuccessRate(0.7, 0.03), SuccessRate(0.75, 0.0))
    assert differ(SuccessRate(0.7, 0.02), SuccessRate(0.75, 0.0))
    assert not is_less(SuccessRate(0.8, 0.0), SuccessRate(0.7, 0.0))


def named(notation: str, name: str) -> StrategyView:
    return replace(find(notation), name=name)


def test_a_rank_counts_the_strategies_with_a_lower_and_with_an_equal_success_rate() -> None:
    found = hold_case("made", profile(hold(UNIFORM)), DIRECTORY)
    others = [named(f"10ms {count} retries", str(count)) for count in (1, 2, 3, 3, 5)]
    specs = [view.required_spec for view in others]
    place = rank(parse("30ms 1 retry"), specs, found)
    assert (place.lower, place.equal, place.of) == (2, 2, 5)
    order = [view.name for view, _ in ranking(others, found)]
    assert order[0] == "5"
    assert order[-1] == "1"


def test_every_strategy_of_the_catalogue_has_a_success_rate_under_every_profile() -> None:
    views = catalogued()
    assert len(views) == len(catalogue.entries())
    for shape in SHAPES:
        for case in hold_cases(shipped_profiles(), shape)[0]:
            for view in views[:12]:
                result = predict(view.required_spec, case)
                found = success_rate(view.required_spec, case)
                assert found.share == pytest.approx(result.success_rate, abs=1e-9)
                assert 0 <= result.success_rate <= 1
