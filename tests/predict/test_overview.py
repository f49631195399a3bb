"""All that is predicted of a strategy: what is read, compared and refused."""

from __future__ import annotations

import pytest

from harness.errors import InvalidInputError
from harness.predict.overview import overview, rankings, read
from harness.strategy import catalogue
from harness.strategy.notation import NotationError

OURS = "10ms x2 cap 250ms for 30s on 5,32"


def test_a_strategy_of_the_catalogue_is_ranked_among_the_others() -> None:
    by_name, by_notation = read("uv-0.9.29"), read("10ms x2 10 retries on 5 renames only")
    assert by_name.spec == by_notation.spec
    assert overview(by_name).among == overview(by_notation).among - 1
    every = overview(by_notation, every=True)
    assert every.among == len(catalogue.entries()) > overview(by_notation).among


def test_a_name_that_stands_for_several_is_the_first_of_them() -> None:
    assert read("rustup").name == "rustup-rename"
    assert read("exponential").notation == "10ms x2 cap 60min 10 retries on 5,32,33"


def test_a_mistake_is_shown_where_it_is() -> None:
    with pytest.raises(NotationError, match="at character 13") as refused:
        read("10ms x2 for 30 s")
    assert refused.value.message.endswith("  10ms x2 for 30 s\n              ^")
    with pytest.raises(NotationError, match="a first wait"):
        read("ten ms")


@pytest.mark.parametrize(
    ("name", "words"), [("wat", "no strategy is called 'wat'"), ("shared-budget", "made of code")]
)
def test_what_cannot_be_predicted_is_refused(name: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        read(name)


@pytest.mark.parametrize(
    ("profile", "words"),
    [("wat", "no profile is called"), ("none", "no holds"), ("delayed", "begins after the first")],
)
def test_a_profile_that_cannot_rank_is_refused_with_the_reason(profile: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        rankings(read(OURS), profile)
