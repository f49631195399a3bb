"""The rank of a strategy among others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from predict_lab import UNIFORM, hold, profile

from harness.predict.hold_cases import hold_case, hold_cases
from harness.predict.rank import differ, is_less, rank, rank_words, ranking
from harness.predict.shapes import DIRECTORY, SHAPES
from harness.predict.simulate import SuccessRate, predict, success_rate
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue
from harness.strategy.lookup import catalogued, find
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView


def test_success_rates_are_the_same_where_their_intervals_overlap() -> None:
    exact = SuccessRate(0.75, 0.75, 0.75)
    assert not differ(SuccessRate(0.7, 0.64, 0.76), exact)
    assert differ(SuccessRate(0.7, 0.66, 0.74), exact)
    assert not differ(SuccessRate(0.75 + 1e-7, 0.75 + 1e-7, 0.75 + 1e-7), exact)
    assert is_less(SuccessRate(0.7, 0.66, 0.74), exact)
    assert not is_less(exact, SuccessRate(0.7, 0.66, 0.74))


@pytest.mark.parametrize(
    ("lower", "equal", "of", "words"),
    [
        (16, 55, 71, "tied for first with 55 of 71"),
        (71, 0, 71, "first of 72"),
        (70, 0, 71, "2nd of 72"),
        (60, 0, 71, "12th of 72"),
        (0, 0, 71, "72nd of 72 (last)"),
        (0, 26, 71, "tied for last with 26 of 71"),
        (10, 1, 71, "tied for 61st with 1 of 71"),
        (0, 71, 71, "tied with all 71"),
        (0, 0, 0, "first of 1"),
    ],
)
def test_a_rank_is_said_so_that_the_best_does_not_read_like_the_worst(
    lower: int, equal: int, of: int, words: str
) -> None:
    assert rank_words(lower, equal, of) == words


def named(notation: str, name: str) -> StrategyView:
    return replace(find(notation), name=name)


def test_a_rank_counts_the_strategies_with_a_lower_and_with_an_equal_success_rate() -> None:
    found = hold_case("made", profile(hold(UNIFORM)), DIRECTORY)
    others = [named(f"10ms {count} retries", str(count)) for count in (1, 2, 3, 3, 5)]
    specs = [view.required_spec for view in others]
    place = rank(parse("30ms 1 retry"), specs, found)
    assert (place.lower, place.equal, place.of) == (2, 2, 5)
    assert place.words == "tied for 2nd with 2 of 5"
    order = [row.view.name for row in ranking(others, found)]
    words = [row.rank for row in ranking(others, found)]
    tied = "tied for 2nd with 1 of 4"
    assert words == ["first of 5", tied, tied, "4th of 5", "5th of 5 (last)"]
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
