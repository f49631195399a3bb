"""Holds on every file, on folders, again and again, and errors that no handle causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.run.rules import rules_of
from harness.scenario.load import load_scenario
from harness.winerror import ALL_MESSAGES

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 4, other = { files = 30, sizes = [10, 10, 10, 10, 10, 10, 10, 10] } }
"""
FILE = '[[payload]]\nkind = "files"\nname = "entry"\nsizes = [1000]\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site"\n'
REPLACE = '[[operations]]\nkind = "write-replace"\nto = "bin/{file}"\nexisting = true\n'
AGAIN = (
    'again = { of = { distribution = "constant", ms = 5 }, times = 20, evidence = "assumed", '
    'source = "a test" }'
)


def codes(trial: TrialRecord) -> list[int]:
    """The Win32 codes of all recorded attempts of a trial."""
    return [code for operation in trial.operations for *_, code in operation.attempts]


def test_every_file_is_held_and_each_delays_a_move_of_its_own(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 100, object="children", share="r")
    path = make_scenario(TREE + RENAME, strategies='["plain by moving files"]', profiles='["hold"]')
    (trial,) = run_scenario(path, blocks=1).trials
    assert len(trial.operations[0].holds) == 30
    assert codes(trial) == [32]


def test_the_probability_is_the_share_of_files_that_are_held(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 100, object="children", share="rwd", probability="0.4")
    path = make_scenario(TREE + RENAME, profiles='["hold"]')
    counts = [len(trial.operations[0].holds) for trial in run_scenario(path, blocks=40).trials]
    mean, sigma = 0.4 * 30, (30 * 0.4 * 0.6 / 40) ** 0.5
    assert abs(sum(counts) / 40 - mean) < 4 * sigma
    assert len(set(counts)) > 3


def test_a_handle_on_a_folder_below_blocks_the_rename_of_its_tree_with_5(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", None, object="subdirectory", share="rwd")
    strategies = '["plain", "plain by moving files"]'
    path = make_scenario(TREE + RENAME, strategies=strategies, profiles='["hold"]')
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    assert codes(found["plain"]) == [5]
    assert found["plain by moving files"].outcome == "ok"


def test_a_handle_on_the_folder_that_a_hard_link_goes_to_blocks_it_with_32(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 50, object="target-folder", share="r")
    strategies = '["plain", "10ms for 1s on 32"]'
    path = make_scenario(TREE + PLACE, strategies=strategies, profiles='["hold"]')
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    assert codes(found["plain"]) == [32]
    assert found["10ms for 1s on 32"].outcome == "ok"
    assert "unverified" in [rule.status for rule in rules_of(load_scenario(path))]


def test_a_hold_that_comes_again_is_met_by_attempts_between_its_gaps(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 20, object="target", share="rwd", end=AGAIN)
    body = FILE + REPLACE + "pause_ms = 30.0\n"
    strategies = '["1ms 200 retries on 5"]'
    path = make_scenario(body, strategies=strategies, profiles='["hold"]', attempt_cost_ms="0")
    (trial,) = run_scenario(path, blocks=1).trials
    holds = trial.operations[0].holds
    assert [hold.planned_us for hold in holds] == [25_000 * number for number in range(21)]
    assert trial.outcome == "ok"
    assert trial.elapsed_ms == 45  # in the second hold at 30 ms, which ends at 45


@pytest.mark.parametrize("code", [110, 225, 1224, 1920])
def test_a_machine_answers_with_an_error_of_its_own(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario, code: int
) -> None:
    make_profile("hold", 50, object="source", share="rwd", more=f", own_error = {code}")
    strategies = '["plain", "10ms for 1s on any"]'
    path = make_scenario(FILE + REPLACE, strategies=strategies, profiles='["hold"]')
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    assert codes(found["plain"]) == [code]
    assert found["10ms for 1s on any"].outcome == "ok"
    assert any(f"with {code} (" in str(rule) for rule in rules_of(load_scenario(path)))
    assert code in ALL_MESSAGES


def test_an_error_of_a_child_does_not_block_the_rename_of_its_folder(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", None, object="child", share="rwd", more=", own_error = 1920")
    (trial,) = run_scenario(make_scenario(TREE + RENAME, profiles='["hold"]'), blocks=1).trials
    assert trial.outcome == "ok"


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({"object": "directory", "more": ", own_error = 225"}, "an error of its own is that of a file"),
        ({"more": ', own_error = 225, section = "data"'}, "an error of its own comes from no handle"),
        ({"more": ", own_error = 7"}, "holds[0].handle.own_error"),
        ({"duration": 'distribution = "forever"', "end": AGAIN}, "cannot be taken again"),
        ({"end": AGAIN.replace("20", "1001")}, "holds[0].again.times"),
        ({"object": "children", "end": AGAIN.replace("20", "1000")}, "holds: 'hold' on 204 files"),
    ],
)
def test_holds_that_cannot_be_are_refused(
    make_scenario: MakeScenario, make_profile: MakeProfile, parts: dict[str, str], found: str
) -> None:
    make_profile("hold", 20, **parts)
    many = TREE.replace("files = 30", "files = 200")
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(make_scenario(many + RENAME, profiles='["hold"]'))
    assert found in str(caught.value)
