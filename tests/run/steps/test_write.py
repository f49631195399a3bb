"""Writing a file in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [5000]\n'
VIEW = {"share": "rwd", "more": ', section = "data"'}
LOCK = {"share": "rwd", "more": ", byte_range_lock = true"}


def write(mode: str, keys: str = "existing = true\n") -> str:
    return FILE + f'[[operations]]\nkind = "write"\nto = "logs/{{file}}"\nmode = "{mode}"\n{keys}'


@pytest.mark.parametrize("mode", ["create-new", "truncate-first", "truncate-last", "append"])
@pytest.mark.parametrize("keys", ["", "existing = true\n"])
def test_what_is_to_be_there_is_there(
    make_scenario: MakeScenario, run_scenario: RunScenario, mode: str, keys: str
) -> None:
    (trial,) = run_scenario(make_scenario(write(mode, keys)), blocks=1).trials
    (found,) = trial.operations
    taken = mode == "create-new" and keys
    assert [last for *_, last in found.attempts] == [80 if taken else 0]
    assert found.dest_state == ("old" if taken else "new")


@pytest.mark.parametrize(
    ("mode", "held", "code", "left"),
    [  # docs/evidence/windows-sharing.md: share modes, mapped files, locked bytes
        ("truncate-first", {"share": "r"}, 32, "old"),
        ("truncate-first", VIEW, 1224, "old"),
        ("truncate-first", LOCK, 33, "mixed"),
        ("truncate-last", {"share": "r"}, 32, "old"),
        ("truncate-last", VIEW, 1224, "mixed"),
        ("truncate-last", LOCK, 33, "old"),
        ("append", {"share": "r"}, 32, "old"),
        ("append", VIEW, 0, "new"),
        ("append", LOCK, 33, "old"),
    ],
)
def test_it_fails_by_the_rules_and_leaves_what_it_leaves(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    run_scenario: RunScenario,
    mode: str,
    held: dict[str, str],
    code: int,
    left: str,
) -> None:
    make_profile("hold", 40, object="target", **held)
    both = '["plain", "10ms for 1s on any"]'
    path = make_scenario(write(mode), strategies=both, profiles='["hold"]')
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    (plain,) = found["plain"].operations
    assert [last for *_, last in plain.attempts] == [code]
    assert plain.dest_state == left
    outcome = "damaged" if left == "mixed" else "not-retried"
    assert found["plain"].outcome == (outcome if code else "ok")
    assert found["10ms for 1s on any"].outcome == "ok"


def test_a_cut_whose_failure_is_ignored_is_a_success_with_wrong_bytes(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    """Retries do not help, for nothing fails: oven-sh/bun#42618."""
    make_profile("view", 40, object="target", **VIEW)
    body = write("truncate-last", "existing = true\nignore_failed_cut = true\n")
    path = make_scenario(body, strategies='["10ms for 1s on any"]', profiles='["view"]')
    (trial,) = run_scenario(path, blocks=1).trials
    (found,) = trial.operations
    assert [last for *_, last in found.attempts] == [0]
    assert (trial.outcome, found.dest_state) == ("damaged", "mixed")


def test_a_share_mode_of_its_own_conflicts_with_a_reader(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("reader", 40, object="target", share="rwd")
    body = write("append", 'existing = true\nshare = "none"\n')
    (trial,) = run_scenario(make_scenario(body, profiles='["reader"]'), blocks=1).trials
    assert [last for *_, last in trial.operations[0].attempts] == [32]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("existing = true\nalready_there = {}\n", "not both"),
        ("ignore_failed_cut = true\n", "ignore_failed_cut is for"),
    ],
)
def test_keys_that_mean_nothing_are_refused(
    make_scenario: MakeScenario, keys: str, message: str
) -> None:
    with pytest.raises(InvalidFilesError, match=message):
        load_scenario(make_scenario(write("append", keys)))
