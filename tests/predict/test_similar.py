"""How unlike two strategies are, and the words for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.predict.similar import differences, distance, similar
from harness.strategy import catalogue
from harness.strategy.lookup import catalogued, find

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

NAMES = list(catalogue.entries())


def named(notation: str, name: str = "made") -> StrategyView:
    return replace(find(notation), name=name)


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_the_distance_is_a_metric(one: str, two: str, three: str) -> None:
    found = {view.name: view for view in catalogued()}
    first, second, third = found[one], found[two], found[three]
    assert distance(first, first) == 0
    assert distance(first, second) == distance(second, first) >= 0
    assert distance(first, third) <= distance(first, second) + distance(second, third) + 1e-9


def test_ten_times_the_budget_or_no_code_in_common_is_at_least_one_away() -> None:
    assert distance(named("1s 1 retry"), named("10s 1 retry")) == pytest.approx(1.05, abs=0.01)
    assert distance(named("1s 1 retry on 5"), named("1s 1 retry on 32,33")) == 1
    any_code = distance(named("1s 1 retry on 5"), named("1s 1 retry on any"))
    assert any_code == pytest.approx(2 / 3 + 0.1)  # and all codes that no hold causes


AROUND = [
    "moving target aside",
    "deleting target first",
    "deleting target on failure",
    "else copy",
    "in place",
    "by linking files",
    "by moving files",
    "fresh temporary",
    "renames only",
    "while target is absent",
    "unless target is a directory",
    "trailing wait",
]


@pytest.mark.parametrize("phrase", AROUND)
def test_what_is_done_around_the_call_makes_a_distance_and_is_said(phrase: str) -> None:
    plainly, around = named("1s 3 retries"), named(f"1s 3 retries {phrase}", "other")
    assert distance(plainly, around) == 1
    assert differences(plainly, around) == (phrase,)
    assert differences(around, plainly) == (f"not {phrase}",)


def test_a_strategy_that_moves_the_target_aside_is_not_one_that_gives_up() -> None:
    """The first survives a target that is in use for ever, the second nothing."""
    found = similar(named("plain moving target aside"), catalogued())
    assert all(each.distance >= 1 for each in found)
    (cargo,) = [each for each in found if each.name == "cargo-plain"]
    assert cargo.differences == ("not moving target aside",)
    assert "uv-plain" in cargo.same_as


def test_what_needs_a_retry_to_matter_makes_no_distance_without_one() -> None:
    assert distance(named("plain"), named("1s 0 retries renames only")) == 0
    assert distance(named("plain"), named("1s 0 retries trailing wait")) == 1


def test_the_most_similar_is_the_strategy_itself_if_it_is_there_and_equal_ones_are_one_row() -> None:
    others = [
        named("1s 3 retries", "far"),
        named("10ms x2 10 retries", "a"),
        named("10ms x2 10 retries", "b"),
    ]
    first, second = similar(named("10ms x2 10 retries"), others)
    assert (first.name, first.same_as, first.distance, first.differences) == ("a", ("b",), 0, ())
    assert second.name == "far"


def test_the_differences_are_said_in_words() -> None:
    ours = named("10ms x2 cap 250ms for 30s on 5,32")
    theirs = named("1ms fibonacci jitter x0..1 26 retries on 5 renames only")
    assert differences(ours, theirs)[:2] == ("retries 5", "27 attempts")
    assert differences(ours, theirs)[-2:] == ("renames only", "with jitter")
    assert any(words.startswith("budget 159") for words in differences(ours, theirs))
    assert differences(ours, ours) == ()
