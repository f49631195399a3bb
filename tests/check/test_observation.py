"""What a check knows of a trial is what its record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenario_lab import REPLACED

from harness.check.observation import observe

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario


def test_a_failure_has_the_code_of_its_last_attempt_and_what_it_left(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("locked", None, object="target", share="none")
    strategies = '["10ms 2 retries on 5", "plain moving target aside"]'
    run = run_scenario(make_scenario(REPLACED, strategies=strategies, profiles='["locked"]'), blocks=1)
    found = {each.subject: each for each in observe(run.trials, ())}
    retried = found["10ms 2 retries on 5"]
    assert (retried.outcome, retried.left) == ("exhausted", "old")
    assert retried.codes == {5}
    assert retried.held
    assert found["plain moving target aside"].codes == {32}


def test_a_failure_knows_its_time_and_the_run_that_succeeded_later(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("locked", 250, object="target", share="none")
    path = make_scenario(
        REPLACED,
        strategies='["plain", "10ms for 1s on 5"]',
        profiles='["locked"]',
        run_again_after_ms="100",
        run_again_times="5",
    )
    found = {each.subject: each for each in observe(run_scenario(path, blocks=1).trials, ())}
    assert found["plain"].recovered_in == 4
    assert found["10ms for 1s on 5"].recovered_in is None
    assert found["plain"].elapsed_ms == 0.3
    assert (found["10ms for 1s on 5"].elapsed_ms or 0) > 250


def test_all_trials_of_a_void_block_do_not_count(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies='["plain", "exponential"]'), blocks=2)
    run.trials[0].void = "a hold was late"
    bad = run.trials[0].block
    found = observe(run.trials, ())
    assert [each.why_not for each in found if each.draw == bad] == ["void: a hold was late"] * 2
    assert [each.why_not for each in found if each.draw != bad] == [None] * 2


def test_a_harness_error_does_not_count(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    run.trials[0].outcome, run.trials[0].detail = "harness-error", "no disk"
    assert [each.why_not for each in observe(run.trials, ())] == ["no disk"]
