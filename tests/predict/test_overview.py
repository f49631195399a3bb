"""All that is predicted of a strategy: what is read, compared and refused."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest
from pydantic import TypeAdapter

from harness.errors import InvalidInputError
from harness.predict.overview import Overview, Rankings, overview, rankings, read
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
    [
        ("wat", "no profile is called"),
        ("none", "no holds"),
        ("delayed", "the hold begins after the first"),
    ],
)
def test_a_profile_that_cannot_rank_is_refused_with_the_reason(profile: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        rankings(read(OURS), profile)


def test_an_unknown_profile_is_answered_with_the_nearest_and_a_late_hold_with_a_run() -> None:
    with pytest.raises(InvalidInputError) as caught:
        rankings(read(OURS), "breif")
    assert str(caught.value.hint).startswith("Did you mean brief? Available: archive-scan, ")
    with pytest.raises(InvalidInputError) as caught:
        rankings(read(OURS), "delayed")
    assert str(caught.value.hint).endswith("harness run script-install --profile delayed")


def test_an_overview_is_plain_data_and_complete() -> None:
    found = overview(read(OURS))
    json.dumps(asdict(found))
    assert found.schema == 1
    assert (found.strategy.notation, found.strategy.retries) == (OURS, "5, 32")
    assert found.strategy.budget_ms.median == found.permanent_denial.ms.median == 30_060
    directory, file = found.shapes
    rows = {row.profile: row for row in directory.ranks}
    rate = rows["cloud-verdict"].prediction.success_rate
    assert rate == pytest.approx(0.9 + 0.1 * 20_060 / 50_000)
    assert math.isinf(rows["minute-hold"].prediction.median_ms)
    assert {row.code for row in file.ranks} == {5, 32}
    assert set(directory.not_ranked) >= {"delayed", "permanent"}
    assert found.similar[0].distance <= found.similar[1].distance


def test_what_is_computed_is_exact_and_what_is_drawn_has_its_interval() -> None:
    for notation, is_drawn in (
        ("1s jitter x0..1 30 retries on 5", False),
        ("1ms x1..2 within 12s", True),
    ):
        rows = overview(read(notation)).shapes[0].ranks
        (row,) = [row for row in rows if row.profile == "cloud-verdict"]
        found = row.prediction
        assert found.is_estimate == is_drawn
        assert (0.0005 < found.high - found.low < 0.01) == is_drawn
        assert found.low < found.success_rate < found.high


def test_a_ranking_has_all_strategies_in_order_and_marks_the_predicted_one() -> None:
    found = rankings(read(OURS), "cloud-verdict")
    json.dumps(asdict(found))
    assert found.rankings
    for ranking in found.rankings:
        rates = [row.prediction.success_rate for row in ranking.strategies]
        assert rates == sorted(rates, reverse=True)
        assert [row.notation for row in ranking.strategies if row.is_predicted] == [OURS]


def test_its_types_can_be_documented() -> None:
    assert {"schema", "shapes"} < set(TypeAdapter(Overview).json_schema()["properties"])
    assert {"schema", "rankings"} < set(TypeAdapter(Rankings).json_schema()["properties"])
