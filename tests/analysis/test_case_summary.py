"""A case of data frames and the same case of records come to the same summary and conclusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.case_summary import summarise_case
from harness.analysis.selection import case_keys, select
from harness.api import run_scenarios
from harness.frames import load
from harness.scenario.load import load_scenario
from harness.summary.summarise import summarise

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeScenario


def test_both_ways_lead_to_the_same_summary_in_the_same_order(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    """Two scenarios that have strategies in another order; the holds of one profile come too late."""
    one = make_scenario(
        strategies='["plain", "exponential", "graceful-fs"]', profiles='["brief", "delayed"]'
    )
    two = make_scenario(
        name="other", strategies='["graceful-fs", "exponential", "plain"]', profiles='["cloud-verdict"]'
    )
    run = run_scenarios(
        [load_scenario(path) for path in (one, two)],
        blocks=8,
        seed=1,
        platform="emulated",
        results=tmp_path / "results",
    )
    frames = load(run.folder)
    found = [summarise_case(select(frames, **key)).model_dump_json() for key in case_keys(frames)]
    assert found == [case.model_dump_json() for case in summarise(run).cases]
    assert "No answer: holds came only after the operations were done" in "".join(found)
