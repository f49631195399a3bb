"""A summary from data frames is the summary from records, number by number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames_lab import JOURNALS, write_journal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.frames import load
from harness.frames.definition import CASE
from harness.frames.variant_summaries import parsed_factors, variant_summaries
from harness.record.read import read_run
from harness.summary.model import VariantSummary
from harness.summary.summarise import summarise
from harness.summary.trial_row import factors_text

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

NARROW = JOURNALS.map(
    lambda trials: [each.model_copy(update={"strategy": "plain", "factors": {}}) for each in trials]
)
"""Of one variant, so that there are medians of many."""


def values(summary: VariantSummary) -> dict[str, Any]:
    """All of a summary but its factors, which frames keep as one text."""
    found: dict[str, Any] = json.loads(summary.model_dump_json(exclude={"factors"}))
    return {**found, "factors": factors_text(summary.factors)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(trials=JOURNALS | NARROW)
def test_it_agrees_with_the_summary_of_the_records(
    make_scenario: MakeScenario, run_scenario: RunScenario, tmp_path: Path, trials: list[TrialRecord]
) -> None:
    if not (tmp_path / "results").exists():
        run_scenario(make_scenario(), blocks=1)
    (folder,) = (tmp_path / "results").iterdir()
    for record in trials:
        record.freshness = None  # a run has one freshness in a profile, and its void blocks are shared
        record.scenario = record.profile = "made"
    write_journal(folder, trials)
    from_records = {
        tuple(getattr(case, name) for name in CASE): list(map(values, case.variants))
        for case in summarise(read_run(folder)).cases
    }
    from_frames = variant_summaries(load(folder).trials)
    assert {case: list(map(values, found)) for case, found in from_frames.items()} == from_records


KEYS = st.sampled_from(["link_mode", "path_style", "primitive"])


@given(st.dictionaries(KEYS, st.text(st.characters(codec="ascii", exclude_characters="="))))
def test_factors_are_parsed_as_they_are_written(factors: dict[str, str]) -> None:
    assert parsed_factors(factors_text(factors)) == factors


@pytest.mark.parametrize(
    ("text", "factors"),
    [("", {}), ("a=1", {"a": "1"}), ("a=1, 2, b=", {"a": "1, 2", "b": ""}), ("a=b=c", {"a": "b=c"})],
)
def test_a_value_may_have_commas(text: str, factors: dict[str, str]) -> None:
    assert parsed_factors(text) == factors
