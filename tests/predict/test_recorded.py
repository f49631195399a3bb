"""Recorded holds: a prediction for the holds of a run is what its trials did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scenario_lab import REPLACED

from harness.errors import InvalidInputError
from harness.predict.hold_cases import hold_case
from harness.predict.recorded import recorded
from harness.predict.simulate import predict
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

STRATEGIES = ("plain", "10ms 9 retries on 5", "20ms x2 4 retries on 5")


def test_a_prediction_for_recorded_holds_is_what_the_trials_did(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    uniform = 'distribution = "uniform", low_ms = 5, high_ms = 300'
    make_profile("reader", 1, object="target", share="rw", duration=uniform, probability="0.7")
    quoted = ", ".join(f'"{each}"' for each in STRATEGIES)
    path = make_scenario(
        REPLACED, strategies=f"[{quoted}]", profiles='["reader"]', attempt_cost_ms="0.0"
    )
    run = run_scenario(path, blocks=60)
    found = recorded(run)
    assert found.draws == 60
    case = hold_case(found.name, found.profile, found.shape)
    for strategy in STRATEGIES:
        trials = [each for each in run.trials if each.strategy == strategy]
        succeeded = sum(each.outcome == "ok" for each in trials) / len(trials)
        assert predict(parse(strategy), case).success_rate == pytest.approx(succeeded, abs=1e-9)


def test_holds_without_an_end_stay_without_one(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("stays", None, object="target", share="rw")
    found = recorded(run_scenario(make_scenario(REPLACED, profiles='["stays"]')))
    (hold,) = found.profile.holds
    assert hold.duration.of.distribution == "forever"
    assert hold.duration.evidence == "assumed"


def test_of_several_cases_one_is_chosen(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("one", 10, object="target")
    make_profile("other", 20, object="target")
    run = run_scenario(make_scenario(REPLACED, profiles='["one", "other", "none"]'))
    with pytest.raises(InvalidInputError, match="this run has made under one, made under other"):
        recorded(run)
    with pytest.raises(InvalidInputError, match="no such case"):
        recorded(run, profile="third")
    with pytest.raises(InvalidInputError, match="no hold was taken"):
        recorded(run, profile="none")
    assert recorded(run, profile="other").name == "other"


SWAPPED = """
[[payload]]
kind = "tree"
name = "package"
shape = { folders = 1, other = { files = 2, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }
[[operations]]
kind = "rename"
from = "package"
to = "package.old"
[[operations]]
kind = "rename"
to = "package"
on_failure = [ { kind = "rename", from = "package.old", to = "package" } ]
"""


def test_steps_that_put_things_back_are_no_draws_of_the_first_operation(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("half", None, object="child", share="r", probability="0.5")
    run = run_scenario(make_scenario(SWAPPED, profiles='["half"]'), blocks=12)
    names = [each.op_id for trial in run.trials for each in trial.operations]
    assert any("/undo/0-" in name for name in names)
    assert recorded(run).draws == 12
