"""What `harness predict --json` prints."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from pydantic import TypeAdapter

from harness.predict.overview import overview, rankings, read
from harness.predict.prediction_json import OverviewJson, RankingsJson, overview_json, rankings_json

OURS = "10ms x2 cap 250ms for 30s on 5,32"


def test_an_overview_has_all_of_it() -> None:
    found = overview_json(overview(read(OURS)))
    json.dumps(asdict(found), allow_nan=False)
    assert found.schema == 1
    strategy = found.strategy
    assert (strategy.notation, strategy.retries) == (OURS, "5, 32")
    assert strategy.budget_ms.median == found.permanent_denial.ms.median == 30_060
    directory, file = found.shapes
    rows = {row.profile: row for row in directory.profiles}
    rate = rows["cloud-verdict"].prediction.success_rate
    assert rate == pytest.approx(0.9 + 0.1 * 20_060 / 50_000)
    assert rows["minute-hold"].prediction.median_ms is None
    assert {row.code for row in file.profiles} == {5, 32}
    assert set(directory.not_ranked) >= {"delayed", "permanent"}
    assert found.similar[0].distance <= found.similar[1].distance


def test_an_estimate_has_its_error() -> None:
    found = overview(read("1s jitter x0..1 30 retries on 5,32"))
    rows = overview_json(found).shapes[0].profiles
    (row,) = [row for row in rows if row.profile == "cloud-verdict"]
    assert 0.0001 < row.prediction.error < 0.001
    assert row.prediction.is_estimate


def test_a_ranking_has_all_strategies_in_order_and_marks_the_predicted_one() -> None:
    view = read(OURS)
    found = rankings_json(view, rankings(view, "cloud-verdict"))
    json.dumps(asdict(found), allow_nan=False)
    assert found.rankings
    for ranking in found.rankings:
        rates = [row.prediction.success_rate for row in ranking.strategies]
        assert rates == sorted(rates, reverse=True)
        assert [row.notation for row in ranking.strategies if row.is_predicted] == [OURS]


def test_its_types_can_be_documented() -> None:
    assert {"schema", "shapes"} < set(TypeAdapter(OverviewJson).json_schema()["properties"])
    assert {"schema", "rankings"} < set(TypeAdapter(RankingsJson).json_schema()["properties"])
