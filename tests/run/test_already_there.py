"""Destinations that something has already, or comes to have while an install waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError, InvalidInputError
from harness.scenario.load import load_scenario
from harness.summary.trial_row import left_by, steps_of

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "entry"
shape = { folders = 2, other = { files = 5, sizes = [10, 20, 30, 40, 50, 60, 70, 80] } }
"""
FILE = '[[payload]]\nkind = "files"\nname = "entry"\nsizes = [1000]\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "cache/entry"\n'
DONE = "10ms for 1s on any done if target exists"


class Contest:
    """Runs one block of a rename to a contested place; gives the trial of each strategy."""

    def __init__(self, make: MakeScenario, run: RunScenario) -> None:
        self.make = make
        self.run = run

    def __call__(
        self, payload: str, there: str, *strategies: str, more: str = "", profile: str = "none"
    ) -> dict[str, tuple[TrialRecord, str]]:
        path = self.make(
            f"{payload}{RENAME}{more}already_there = {{ {there} }}\n",
            strategies=repr(list(strategies)).replace("'", '"'),
            profiles=f'["{profile}"]',
        )
        steps = steps_of(load_scenario(path).scenario)
        trials = self.run(path, blocks=1).trials
        return {trial.strategy: (trial, left_by(trial, steps)) for trial in trials}


@pytest.fixture
def contest(make_scenario: MakeScenario, run_scenario: RunScenario) -> Contest:
    return Contest(make_scenario, run_scenario)


def codes(trial: TrialRecord) -> set[int]:
    """The Win32 codes of all recorded attempts of a trial."""
    return {code for operation in trial.operations for *_, code in operation.attempts}


@pytest.mark.parametrize("payload", [TREE, FILE], ids=["tree", "file"])
@pytest.mark.parametrize(("content", "left"), [("same", "same"), ("other", "other"), ("none", "other")])
def test_what_was_there_is_told_by_its_content(
    contest: Contest, payload: str, content: str, left: str
) -> None:
    trial, found = contest(payload, f'content = "{content}"', "plain")["plain"]
    assert (trial.outcome, codes(trial), found) == ("not-retried", {183}, left)


def test_done_if_the_target_exists_is_right_for_the_same_and_damage_for_other(
    contest: Contest,
) -> None:
    same, _ = contest(TREE, 'content = "same"', DONE)[DONE]
    other, _ = contest(TREE, 'content = "other"', DONE)[DONE]
    assert (same.outcome, other.outcome) == ("ok", "damaged")


@pytest.mark.parametrize(
    ("payload", "there", "primitive", "code"),
    [  # docs/evidence/windows-sharing.md#targets-that-exist
        (TREE, 'content = "none"', "move-replace", 5),
        (TREE, 'content = "other"', "move-replace", 5),
        (TREE, 'what = "file"', "move-replace", 0),
        (FILE, 'what = "folder"', "move-replace", 5),
        (TREE, 'content = "none"', "posix-rename", 0),
        (TREE, 'content = "other"', "posix-rename", 145),
        (FILE, 'content = "other"', "move-replace", 0),
        (FILE, "read_only = true", "move-replace", 5),
    ],
)
def test_what_may_be_replaced_depends_on_the_primitive(
    contest: Contest, payload: str, there: str, primitive: str, code: int
) -> None:
    trial, _ = contest(payload, there, "plain", more=f'primitive = "{primitive}"\n')["plain"]
    assert codes(trial) == {code}
    assert (trial.outcome == "ok") == (code == 0)


def test_another_install_may_come_first_while_one_waits(
    contest: Contest, make_profile: MakeProfile
) -> None:
    make_profile("hold", 50, object="child", share="r")
    found = contest(
        TREE, 'content = "same", after_ms = 20', "plain", "10ms for 1s on 5", DONE, profile="hold"
    )
    assert codes(found["plain"][0]) == {5}
    assert found["plain"][1] == "nothing"
    waiting, left = found["10ms for 1s on 5"]
    assert (waiting.outcome, codes(waiting), left) == ("not-retried", {5, 183}, "same")
    assert found[DONE][0].outcome == "ok"


def test_what_comes_too_late_is_no_failed_hold(contest: Contest) -> None:
    trial, _ = contest(TREE, "after_ms = 500", "plain")["plain"]
    assert trial.outcome == "ok"
    assert [(hold.opened_us, hold.error) for hold in trial.operations[0].holds] == [(None, None)]


def test_in_place_the_payload_is_written_over_what_is_there(contest: Contest) -> None:
    trial, _ = contest(TREE, 'content = "other"', "plain in place")["plain in place"]
    assert trial.outcome == "ok"


def test_what_cannot_be_there_is_refused(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    body = TREE + RENAME + 'already_there = { content = "new", after_ms = -1, colour = "red" }\n'
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(make_scenario(body))
    keys = {problem.key.rpartition(".")[2] for problem in caught.value.problems}
    assert keys == {"content", "after_ms", "colour"}
    body = TREE + RENAME + 'already_there = { what = "file", content = "same" }\n'
    with pytest.raises(InvalidInputError, match="a file with the same content as a folder"):
        run_scenario(make_scenario(body))


REPLACE = '[[operations]]\nkind = "write-replace"\nto = "cache/entry"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "cache/entry"\n'
ONTO = '[[operations]]\nkind = "copy-onto"\nto = "cache/entry"\n'


@pytest.mark.parametrize(
    ("payload", "operation", "there", "code", "left"),
    [
        (FILE, REPLACE, 'what = "folder"', 5, "other"),
        (FILE, REPLACE, 'content = "other", read_only = true', 5, "other"),
        (FILE, REPLACE, 'content = "same", read_only = true', 5, "same"),
        (FILE, REPLACE, 'content = "none"', 0, ""),
        (FILE, ONTO, 'content = "same", read_only = true', 5, "same"),
        (FILE, ONTO, 'what = "folder"', 5, "other"),
        (TREE, PLACE, 'content = "same"', 183, "same"),
        (TREE, PLACE, 'content = "other"', 183, "other"),
    ],
)
def test_other_operations_find_something_there_as_well(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    payload: str,
    operation: str,
    there: str,
    code: int,
    left: str,
) -> None:
    path = make_scenario(f"{payload}{operation}already_there = {{ {there} }}\n")
    (trial,) = run_scenario(path, blocks=1).trials
    assert (codes(trial), left_by(trial, steps_of(load_scenario(path).scenario))) == ({code}, left)


def test_an_empty_folder_is_placed_into(make_scenario: MakeScenario, run_scenario: RunScenario) -> None:
    path = make_scenario(TREE + PLACE + 'already_there = { content = "none" }\n')
    assert run_scenario(path, blocks=1).trials[0].outcome == "ok"


def test_something_is_there_once_and_files_are_not_placed_into_a_file(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = FILE + REPLACE + 'existing = true\nalready_there = { content = "same" }\n'
    with pytest.raises(InvalidFilesError, match="not both"):
        load_scenario(make_scenario(body))
    with pytest.raises(InvalidInputError, match="a file where a folder"):
        run_scenario(make_scenario(TREE + PLACE + 'already_there = { what = "file" }\n'))
