"""Failures within trials: each install of several, and each step that may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.scenario.load import load_scenario
from harness.summary.part_failures import PartFailures, part_failures
from harness.summary.summarise import summarise

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

FILE = '[[payload]]\nkind = "files"\nname = "entry"\nsizes = [1000]\n\n'
WRITE = '[[operations]]\nkind = "write-replace"\nto = "cache/entry"\n'
MAY_FAIL = (
    '[[operations]]\nkind = "remove-file"\nto = "cache/old"\nmay_fail = true\nstrategy = "plain"\n'
)
RUNNING = '[[processes]]\nname = "other"\ndoes = "runs"\nat = "cache/old"\n\n'


def test_each_install_counts_that_failed(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    path = make_scenario(
        FILE + WRITE, writers="{ count = 4 }", strategies='["plain", "1ms x2 20 retries on 5"]'
    )
    run = run_scenario(path, blocks=2)
    (case,) = summarise(run).cases
    found = {each.strategy: each for each in case.parts}
    assert found["1ms x2 20 retries on 5"].failed_installs == 0
    plain = found["plain"]
    assert plain.installs == 8
    failed = [
        operation.op_id
        for trial in run.trials
        if trial.strategy == "plain"
        for operation in trial.operations
        if operation.outcome != "ok"
    ]
    assert plain.failed_installs == len(failed) > 2
    assert (plain.excused_steps, plain.failed_excused_steps) == (0, 0)


def test_steps_that_may_fail_count_by_themselves(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(RUNNING + FILE + MAY_FAIL + WRITE, strategies='["plain"]')
    run = run_scenario(path, blocks=3)
    assert part_failures(run.trials, load_scenario(path).scenario) == [
        PartFailures(
            strategy="plain",
            installs=0,
            failed_installs=0,
            excused_steps=3,
            failed_excused_steps=3,
        )
    ]


def test_one_install_without_such_steps_has_no_parts(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    assert [case.parts for case in summarise(run).cases] == [[]]
