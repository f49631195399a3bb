"""New folders and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [50]\n'
TREE = (
    '[[payload]]\nkind = "tree"\nname = "lib"\n'
    "shape = { folders = 1, other = { files = 3, sizes = [1, 2, 3, 4, 5, 6, 7, 8] } }\n"
)


def make(kind: str, keys: str = "") -> str:
    return f'[[operations]]\nkind = "{kind}"\nto = "store/{{name}}"\n{keys}'


@pytest.mark.parametrize(
    "body",
    [
        FILE + make("make-directory"),
        TREE + make("make-directory"),
        FILE + make("symlink"),
        TREE + make("symlink"),
        TREE + make("junction"),
    ],
)
def test_a_name_that_is_free_is_made(
    make_scenario: MakeScenario, run_scenario: RunScenario, body: str
) -> None:
    (trial,) = run_scenario(make_scenario(body), blocks=1).trials
    assert (trial.outcome, trial.operations[0].dest_state) == ("ok", "new")


@pytest.mark.parametrize("kind", ["make-directory", "symlink", "junction"])
@pytest.mark.parametrize(
    ("there", "strategy", "code", "left"),
    [
        ('what = "file"', "plain", 183, "old"),
        ('what = "file"', "plain deleting target first", 0, "new"),
        ('what = "file", after_ms = 10', "plain", 0, "new"),
    ],
)
def test_a_name_that_is_taken_is_not_made(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    kind: str,
    there: str,
    strategy: str,
    code: int,
    left: str,
) -> None:
    body = TREE + make(kind, f"already_there = {{ {there} }}\n")
    path = make_scenario(body, strategies=f'["{strategy}"]')
    (trial,) = run_scenario(path, blocks=1).trials
    (found,) = trial.operations
    assert [last for *_, last in found.attempts] == [code]
    assert found.dest_state == left


@pytest.mark.parametrize(
    ("volume", "kind", "code"),
    [
        ('symlinks = "denied"', "symlink", 1314),
        ('symlinks = "denied"', "junction", 0),
        ('file_system = "exfat"', "symlink", 1),
        ('file_system = "exfat"', "junction", 1),
    ],
)
def test_a_volume_or_an_account_may_have_no_links_and_a_copy_is_as_good(
    make_scenario: MakeScenario, run_scenario: RunScenario, volume: str, kind: str, code: int
) -> None:
    body = TREE + make(kind) + f"[volume]\n{volume}\n"
    path = make_scenario(body, strategies='["plain", "plain else copy on 1,1314"]')
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    assert found["plain"].operations[0].attempts[0][2] == code
    assert found["plain else copy on 1,1314"].outcome == "ok"


def test_a_junction_leads_to_a_folder(make_scenario: MakeScenario) -> None:
    with pytest.raises(InvalidFilesError, match="expected a payload of kind"):
        load_scenario(make_scenario(FILE + make("junction")))
