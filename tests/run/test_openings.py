"""Other processes of a scenario: they open places by name, again and again, whatever is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scenario_lab import REPLACED

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

    from harness.record.trial_record import ProcessRecord, TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "externals"
shape = { folders = 4, other = { files = 20, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }

[[operations]]
kind = "rename"
from = "externals"
to = "externals.old"
"""


def process(**keys: str) -> str:
    """A table of another process; keyword arguments are its keys, as TOML."""
    given = {"name": '"other"', "does": '"reads"', "at": '"externals"', **keys}
    return "[[processes]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items())


def codes(trial: TrialRecord) -> list[int]:
    return [code for each in trial.operations for *_, code in each.attempts]


def starts(found: ProcessRecord) -> list[int]:
    return [hold.planned_us for hold in found.holds]


@pytest.mark.parametrize(
    ("does", "within", "code"),
    [  # docs/evidence/windows-sharing.md#something-open-inside-a-directory, #the-directory-itself
        ("watches", "itself", 0),
        ("works in", "itself", 32),
        ("watches", "a folder", 5),
        ("works in", "a folder", 5),
        ("reads", "a file", 5),
    ],
)
def test_a_tree_that_others_stand_in_or_watch_cannot_be_renamed(
    make_scenario: MakeScenario, run_scenario: RunScenario, does: str, within: str, code: int
) -> None:
    body = process(does=f'"{does}"', within=f'"{within}"') + TREE
    (trial,) = run_scenario(make_scenario(body), blocks=1).trials
    assert codes(trial) == [code]


@pytest.mark.parametrize(
    ("primitive", "code"), [("move-replace", 5), ("posix-rename", 5), ("replace-file", 0)]
)
def test_a_program_that_runs_can_be_replaced_by_one_call_only(
    make_scenario: MakeScenario, run_scenario: RunScenario, primitive: str, code: int
) -> None:
    body = process(does='"runs"', at='"Scripts/{file}"') + REPLACED + f'primitive = "{primitive}"\n'
    (trial,) = run_scenario(make_scenario(body), blocks=1).trials
    assert codes(trial) == [code]


def test_a_fixed_beat_counts_from_start_to_start_and_a_gap_from_end_to_start(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    length = '{ distribution = "constant", ms = 30 }'
    beat = process(lasts=length, every_ms="100", times="4", within='"a file"')
    gap = process(
        lasts=length, gap='{ distribution = "constant", ms = 100 }', times="3", within='"a file"'
    )
    strategy = '["50ms for 10s on any"]'
    (trial,) = run_scenario(make_scenario(beat + gap + TREE, strategies=strategy), blocks=1).trials
    by_beat, by_gap = trial.processes
    assert starts(by_beat) == [0, 100_000, 200_000, 300_000]
    assert starts(by_gap) == [0, 130_000, 260_000]
    assert codes(trial)[-1] == 0


def test_a_poisson_process_is_the_same_for_all_strategies_of_a_block(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = process(
        lasts='{ distribution = "constant", ms = 5 }',
        gap='{ distribution = "exponential", mean_ms = 50 }',
        within='"a file"',
    )
    path = make_scenario(body + TREE, strategies='["plain", "10ms for 1s on any", "1ms for 1s on any"]')
    drawn = [starts(trial.processes[0]) for trial in run_scenario(path, blocks=1).trials]
    assert drawn[0] == drawn[1] == drawn[2]
    assert len(drawn[0]) == 100


def test_a_reader_opens_the_new_file_and_finds_none_between_removal_and_rename(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    steps = """
[[payload]]
kind = "files"
name = "state"
sizes = [1000]

[[operations]]
kind = "remove-file"
to = "state"

[[operations]]
kind = "rename"
to = "state"
pause_ms = 100
"""
    body = process(
        at='"state"',
        lasts='{ distribution = "constant", ms = 1 }',
        every_ms="20",
        times="10",
        share='"rwd"',
    )
    strategy = '["5ms for 1s on any"]'
    (trial,) = run_scenario(make_scenario(body + steps, strategies=strategy), blocks=1).trials
    errors = [
        hold.error for hold in trial.processes[0].holds if hold.planned_us < trial.elapsed_ms * 1000
    ]
    assert errors[0] is None
    assert errors.count(2) >= 4  # nothing has the name for 100 ms


def test_a_process_that_nothing_hinders_is_not_called_a_hold_of_an_operation(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = process(does='"watches"') + TREE
    (trial,) = run_scenario(make_scenario(body), blocks=1).trials
    assert [each.holds for each in trial.operations] == [[]]
    assert trial.processes[0].place == "externals"


def test_what_a_process_cannot_do_is_refused_all_at_once(make_scenario: MakeScenario) -> None:
    wrong = (
        process(does='"sleeps"', at='"../x"', within='"all"', every_ms="0")
        + process(every_ms="10")
        + process(times="5")
        + process(
            lasts='{ distribution = "constant", ms = 5 }',
            every_ms="10",
            gap='{ distribution = "constant", ms = 5 }',
        )
    )
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(make_scenario(wrong + TREE))
    assert {problem.key for problem in caught.value.problems} == {
        "processes[0].does",
        "processes[0].at",
        "processes[0].within",
        "processes[0].every_ms",
        "processes[1]",
        "processes[2]",
        "processes[3]",
    }


def test_more_openings_than_a_trial_may_have_are_refused(make_scenario: MakeScenario) -> None:
    payload = f'[[payload]]\nkind = "files"\nname = "a"\nsizes = {[1] * 20}\n'
    rename = '[[operations]]\nkind = "rename"\nto = "x/{file}"\n'
    body = process(
        at='"x/{file}"', lasts='{ distribution = "constant", ms = 5 }', every_ms="10", times="10000"
    )
    with pytest.raises(InvalidFilesError, match="200,000 openings"):
        load_scenario(make_scenario(body + payload + rename))
