"""All that is predicted of a strategy: what is read, compared and refused."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pytest
from pydantic import TypeAdapter

from harness.errors import InvalidInputError
from harness.predict.overview import (
    Overview,
    Rankings,
    overview,
    rankings,
    rankings_of_each,
    read,
)
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue
from harness.strategy.lookup import listed
from harness.strategy.notation import NotationError

OURS = "10ms x2 cap 250ms for 30s on 5,32"


def test_a_strategy_of_the_catalogue_is_ranked_among_the_others() -> None:
    (by_name,), (by_notation,) = read("uv-backon-10"), read("10ms x2 10 retries on 5 renames only")
    assert by_name.view.spec == by_notation.view.spec
    assert overview(by_name).among == overview(by_notation).among - 1
    every = overview(by_notation, every=True)
    assert every.among == len(catalogue.entries()) > overview(by_notation).among


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uv", {"uv-backon-10": ["directory"], "uv-persist-backon-10": ["file"]}),
        ("uv-0.5.20", {"uv-backon-9": ["directory"], "uv-persist-backon-9": ["file"]}),
        ("pip", {"pip-replace": ["file"]}),
        ("rustup", {"rustup-rename": ["directory", "file"]}),
        ("rustup-remove-dir", {"rustup-remove-dir": ["directory", "file"]}),
        ("exponential", {"exponential": ["directory", "file"]}),
    ],
)
def test_a_system_stands_for_its_strategy_for_each_operation(
    name: str, expected: dict[str, list[str]]
) -> None:
    found = {each.view.name: [shape.name for shape in each.shapes] for each in read(name)}
    assert found == expected
    assert [shape.shape for shape in overview(read(name)[0]).shapes] == next(iter(expected.values()))


def test_a_system_that_moves_nothing_is_refused_with_what_it_has() -> None:
    with pytest.raises(
        InvalidInputError, match="rimraf has no strategy for renaming a directory or "
    ) as no:
        read("rimraf")
    assert "rimraf-v3" in (no.value.hint or "")


def test_every_strategy_that_is_listed_and_has_notation_can_be_read() -> None:
    """The help promises it: a name that `harness strategies` lists."""
    for view in listed():
        if view.spec is not None:
            assert [each.view.name for each in read(view.name)] == [view.name]


def test_a_profile_that_blocks_one_of_two_operations_ranks_the_strategy_for_that() -> None:
    ranked = rankings_of_each(read("uv"), "target-scan")
    assert [each.view.name for each, _ in ranked] == ["uv-persist-backon-10"]
    with pytest.raises(InvalidInputError, match="no holds"):
        rankings_of_each(read("uv"), "none")


def test_a_mistake_is_shown_where_it_is() -> None:
    with pytest.raises(NotationError, match="at character 13") as refused:
        read("10ms x2 for 30")
    assert refused.value.message.endswith("  10ms x2 for 30\n              ^")
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
        rankings(read(OURS)[0], profile)


def test_an_unknown_profile_is_answered_with_the_nearest_and_a_late_hold_with_a_run() -> None:
    with pytest.raises(InvalidInputError) as caught:
        rankings(read(OURS)[0], "breif")
    assert str(caught.value.hint).startswith("Did you mean brief? Available: archive-scan, ")
    with pytest.raises(InvalidInputError) as caught:
        rankings(read(OURS)[0], "delayed")
    assert str(caught.value.hint).endswith("harness run script-install --profile delayed")
    with pytest.raises(InvalidInputError) as caught:
        rankings(read(OURS)[0], "ours", profiles={"ours": shipped_profiles()["delayed"]})
    assert str(caught.value.hint).endswith("harness run ours.toml --profile ours")


def test_an_overview_is_plain_data_and_complete() -> None:
    found = overview(read(OURS)[0])
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
        rows = overview(read(notation)[0]).shapes[0].ranks
        (row,) = [row for row in rows if row.profile == "cloud-verdict"]
        found = row.prediction
        assert found.is_estimate == is_drawn
        assert (0.0005 < found.high - found.low < 0.01) == is_drawn
        assert found.low < found.success_rate < found.high


def test_a_ranking_has_all_strategies_in_order_and_marks_the_predicted_one() -> None:
    found = rankings(read(OURS)[0], "cloud-verdict")
    json.dumps(asdict(found))
    assert found.rankings
    for ranking in found.rankings:
        rates = [row.prediction.success_rate for row in ranking.strategies]
        assert rates == sorted(rates, reverse=True)
        assert [row.notation for row in ranking.strategies if row.is_predicted] == [OURS]


def test_its_types_can_be_documented() -> None:
    for model, key in ((Overview, "shapes"), (Rankings, "rankings")):
        assert {"schema", key, "also"} < set(TypeAdapter(model).json_schema()["properties"])
