"""What a summary reads of a trial: what it left behind, and whether a hold was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scenario_lab import LAUNCHER

from harness.record.trial_record import HoldRecord
from harness.summary.trial_row import StepFacts, row_of, steps_of

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.read import Run
    from harness.record.trial_record import DestState, TrialRecord
    from harness.summary.trial_row import Left


OVER_AN_OLDER_ONE = f"{LAUNCHER}existing = true\n"


@pytest.fixture
def failed(make_scenario: MakeScenario, run_scenario: RunScenario) -> TrialRecord:
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=1)
    (trial,) = run.trials
    assert trial.outcome == "not-retried"
    return trial


def with_operation(trial: TrialRecord, **changes: object) -> TrialRecord:
    (operation,) = trial.operations
    return trial.model_copy(update={"operations": [operation.model_copy(update=changes)]})


@pytest.mark.parametrize(
    ("state", "replaces", "left"),
    [
        ("missing", True, "lost"),
        ("missing", False, "nothing"),
        ("old", True, "old"),
        ("mixed", True, "mixed"),
        ("incomplete", False, "incomplete"),
        ("held", True, "held"),
        ("new", True, "new"),
    ],
)
def test_a_failure_leaves_what_is_at_the_destination(
    failed: TrialRecord, state: DestState, replaces: bool, left: Left
) -> None:
    trial = with_operation(failed, dest_state=state)
    assert row_of(trial, [StepFacts(replaces, 0.0)]).left == left
    assert row_of(trial, [StepFacts(replaces, 0.0)]).harmed == (left in {"lost", "mixed"})
    # a step that may fail: the trial is no failure, and tells what was left all the same
    assert row_of(trial.model_copy(update={"outcome": "ok"}), [StepFacts(replaces, 0.0)]).left == left
    done = [each.model_copy(update={"outcome": "ok"}) for each in trial.operations]
    worked = trial.model_copy(update={"outcome": "ok", "operations": done})
    assert row_of(worked, [StepFacts(replaces, 0.0)]).left == ""


def test_a_removal_that_removed_left_what_was_asked_for(failed: TrialRecord) -> None:
    trial = with_operation(failed, dest_state="missing", kind="remove")
    assert row_of(trial, [StepFacts(replaces=False, pause_ms=0.0)]).left == "new"


@pytest.mark.parametrize(
    ("opened", "released", "pause_ms", "held"),
    [
        (0, None, 0, True),
        (0, 400, 0, True),
        (0, 400, 1, False),
        (None, None, 0, False),
        (10_000_000, None, 0, False),
    ],
)
def test_a_hold_counts_if_it_was_there_between_the_first_call_and_the_end(
    failed: TrialRecord, opened: int | None, released: int | None, pause_ms: float, held: bool
) -> None:
    hold = failed.operations[0].holds[0]
    changed: HoldRecord = hold.model_copy(update={"opened_us": opened, "released_us": released})
    trial = with_operation(failed, holds=[changed], ready_us=0, ended_us=5_000)
    assert row_of(trial, [StepFacts(replaces=False, pause_ms=pause_ms)]).held is held


def test_strategies_that_delete_first_lose_the_old_file_and_the_table_says_so(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run: Run = run_scenario(
        make_scenario(
            OVER_AN_OLDER_ONE,
            strategies='["plain", "plain deleting target first"]',
            profiles='["brief"]',
        ),
        blocks=3,
    )
    steps = steps_of(run.manifest.scenarios[0].scenario)
    found = {trial.strategy: row_of(trial, steps).left for trial in run.trials}
    assert found == {"plain": "old", "plain deleting target first": "lost"}


def test_a_log_that_could_not_be_renamed_is_in_its_place(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    """Nothing was to come there before, so it is not aside, as what an update moved away is."""
    make_profile("writer", None, object="source", share="rw")
    log = '[[payload]]\nkind = "files"\nname = "app.log"\nsizes = [2000]\n\n'
    rotation = '[[operations]]\nkind = "rename"\nfrom = "logs/app.log"\nto = "logs/app.1.log"\n'
    path = make_scenario(log + rotation, profiles='["writer"]')
    run = run_scenario(path, blocks=1)
    steps = steps_of(run.manifest.scenarios[0].scenario)
    assert [row_of(trial, steps).left for trial in run.trials] == ["in-place"]
