"""Installs of many items: what happens after one failed, and when their time is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

FILES = f'[[payload]]\nkind = "files"\nname = "pkg"\nsizes = {[1] * 40}\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "cache/{file}"\n'
BUDGET = "100ms for 5s on any"


@pytest.mark.parametrize(
    ("after", "concurrency", "items", "elapsed_ms"),
    [("stop", 1, 1, 5_000), ("go on", 1, 40, 200_000), ("go on", 4, 40, 50_000)],
)
def test_a_permanent_denial_costs_the_budget_of_each_item_of_an_install_that_goes_on(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    run_scenario: RunScenario,
    after: str,
    concurrency: int,
    items: int,
    elapsed_ms: float,
) -> None:
    make_profile("denied", None, object="source", share="none")
    path = make_scenario(
        FILES + RENAME,
        strategies=f'["{BUDGET}"]',
        profiles='["denied"]',
        after_failure=f'"{after}"',
        concurrency=str(concurrency),
        attempt_cost_ms="0",
    )
    (trial,) = run_scenario(path, blocks=1).trials
    failed = [operation for operation in trial.operations if operation.outcome == "exhausted"]
    assert len(failed) == items
    assert trial.outcome == "exhausted"
    assert trial.elapsed_ms == pytest.approx(elapsed_ms, rel=0.03)


def test_an_install_that_goes_on_brings_what_can_be_brought(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("denied", None, object="source", share="none", probability="0.5")
    path = make_scenario(FILES + RENAME, profiles='["denied"]', after_failure='"go on"')
    (trial,) = run_scenario(path, blocks=1).trials
    ends = [(operation.outcome, operation.dest_state) for operation in trial.operations]
    assert len(ends) == 40
    assert set(ends) == {("ok", "new"), ("not-retried", "missing")}


def test_a_time_limit_ends_an_install_in_the_middle_of_a_wait(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("denied", None, object="source", share="none")
    path = make_scenario(
        FILES + RENAME,
        strategies='["7s for 60s on any", "plain"]',
        profiles='["denied"]',
        after_failure='"go on"',
        time_limit_ms="10000",
        attempt_cost_ms="0",
    )
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    patient = found["7s for 60s on any"]
    assert (patient.outcome, patient.elapsed_ms) == ("exhausted", 10_000)
    assert patient.detail == "the install's time limit of 10 s had passed"
    assert [operation.outcome for operation in patient.operations] == ["exhausted"]
    assert found["plain"].detail is None
    assert len(found["plain"].operations) == 40


def test_a_time_limit_that_is_not_reached_changes_nothing(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    (trial,) = run_scenario(make_scenario(FILES + RENAME, time_limit_ms="1000"), blocks=1).trials
    assert (trial.outcome, trial.detail, len(trial.operations)) == ("ok", None, 40)


def test_calls_alone_may_take_longer_than_the_limit(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(FILES + RENAME, time_limit_ms="10", attempt_cost_ms="1")
    (trial,) = run_scenario(path, blocks=1).trials
    assert trial.outcome == "exhausted"
    assert len(trial.operations) == 10


@pytest.mark.parametrize("limit", ["0", "-1", "1e12", "inf", '"1s"'])
def test_limits_that_cannot_be_are_refused(make_scenario: MakeScenario, limit: str) -> None:
    with pytest.raises(InvalidFilesError, match="time_limit_ms"):
        load_scenario(make_scenario(time_limit_ms=limit, after_failure='"explode"'))


@pytest.mark.parametrize(
    ("times", "outcome", "runs"), [("1", "exhausted", 1), ("3", "ok", 3), ("100", "ok", 3)]
)
def test_an_install_is_run_again_up_to_a_success_or_so_often(
    make_scenario: MakeScenario, run_scenario: RunScenario, times: str, outcome: str, runs: int
) -> None:
    process = """
[[processes]]
name = "stands in the folder"
does = "watches"
at = "cache"
share = "r"
lasts = { distribution = "constant", ms = 2500 }
"""
    path = make_scenario(
        process + '[[payload]]\nkind = "files"\nname = "pkg"\nsizes = [1]\n' + RENAME,
        strategies='["10ms for 20ms on any"]',
        run_again_after_ms="1000",
        run_again_times=times,
    )
    (trial,) = run_scenario(path, blocks=1).trials
    assert trial.rerun is not None
    assert (trial.outcome, trial.rerun.outcome, trial.rerun.runs) == ("exhausted", outcome, runs)


def test_runs_again_need_a_time_between_them(make_scenario: MakeScenario) -> None:
    with pytest.raises(InvalidFilesError, match="run_again_after_ms beside it"):
        load_scenario(make_scenario(FILES + RENAME, run_again_times="3"))
