"""Read-only files and folders: of the payload, and of what is there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError, InvalidInputError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

TREE = (
    '[[payload]]\nkind = "tree"\nname = "lib"\nread_only = "{parts}"\n'
    "shape = {{ folders = 2, other = {{ files = 4, sizes = [1, 2, 3, 4, 5, 6, 7, 8] }} }}\n"
)
FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [50]\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "lib"\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
OLD = "already_there = { read_only = true }\n"


@pytest.mark.parametrize("parts", ["files", "folders", "all"])
@pytest.mark.parametrize(
    ("strategy", "outcome"),
    [
        ("plain", "not-retried"),
        ("500ms for 3s on any", "exhausted"),
        ("plain else clear read-only", "ok"),
    ],
)
def test_no_wait_removes_what_is_read_only_and_clearing_it_does(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    parts: str,
    strategy: str,
    outcome: str,
) -> None:
    path = make_scenario(TREE.format(parts=parts) + REMOVE, strategies=f'["{strategy}"]')
    first, second = run_scenario(path, blocks=2).trials
    assert first.outcome == second.outcome == outcome
    assert {code for *_, code in first.operations[0].attempts} <= {5, 0}
    assert (first.operations[0].dest_state == "missing") == (outcome == "ok" or parts == "folders")


@pytest.mark.parametrize("parts", ["files", "folders", "all"])
def test_what_is_read_only_can_be_renamed(
    make_scenario: MakeScenario, run_scenario: RunScenario, parts: str
) -> None:
    (trial,) = run_scenario(make_scenario(TREE.format(parts=parts) + RENAME), blocks=1).trials
    assert trial.outcome == "ok"


@pytest.mark.parametrize(
    "operation",
    [
        f'kind = "write-replace"\nto = "bin/{{file}}"\n{OLD}',
        f'kind = "copy-replace"\nto = "bin/{{file}}"\n{OLD}',
        f'kind = "write"\nto = "bin/{{file}}"\n{OLD}',
        f'kind = "copy-onto"\nto = "bin/{{file}}"\n{OLD}',
    ],
)
def test_an_older_file_that_is_read_only_is_not_replaced(
    make_scenario: MakeScenario, run_scenario: RunScenario, operation: str
) -> None:
    path = make_scenario(
        f"{FILE}[[operations]]\n{operation}", strategies='["plain", "plain else clear read-only"]'
    )
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    (plain,) = found["plain"].operations
    assert ([code for *_, code in plain.attempts], plain.dest_state) == ([5], "old")
    assert found["plain else clear read-only"].outcome == "ok"


def test_a_copy_of_a_read_only_file_is_read_only_so_the_next_copy_fails(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """The attributes go with a copy: the page of CopyFile."""
    copy = '[[operations]]\nkind = "place"\nto = "lib"\nlink_mode = "copy"\n'
    body = TREE.format(parts="files") + copy + copy
    first, second = run_scenario(make_scenario(body), blocks=1).trials[0].operations
    assert first.outcome == "ok"
    assert [code for *_, code in second.attempts] == [5]


def test_what_is_there_already_may_be_a_read_only_folder(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    there = 'already_there = { content = "none", read_only = "folders" }\n'
    strategies = '["plain deleting target first", "plain else clear read-only"]'
    body = TREE.replace('read_only = "{parts}"\n', "").format() + RENAME + there
    for trial in run_scenario(make_scenario(body, strategies=strategies), blocks=1).trials:
        assert trial.outcome == "not-retried"


def test_files_have_no_folders_that_could_be_read_only(make_scenario: MakeScenario) -> None:
    body = FILE + 'read_only = "folders"\n' + '[[operations]]\nkind = "read"\nto = "bin/{file}"\n'
    with pytest.raises(InvalidFilesError, match="read_only"):
        load_scenario(make_scenario(body))


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ('["*-00002.py"]', {"lib-00002.py"}),
        ('["*-0000[12].py"]', None),
        ('["*0.py", "*-00003.py"]', {"lib-00000.py", "lib-00003.py"}),
    ],
)
def test_some_files_of_a_tree_may_be_read_only(
    make_scenario: MakeScenario, run_scenario: RunScenario, patterns: str, left: set[str] | None
) -> None:
    body = TREE.replace('"{parts}"', "{parts}").format(parts=patterns) + REMOVE
    path = make_scenario(body, strategies='["plain", "plain else clear read-only on 5"]')
    if left is None:
        with pytest.raises(InvalidFilesError, match="read_only"):
            load_scenario(path)
        return
    plain, cleared = run_scenario(path, blocks=1).trials
    plain, cleared = (plain, cleared) if plain.strategy == "plain" else (cleared, plain)
    (operation,) = plain.operations
    assert (plain.outcome, operation.dest_state) == ("not-retried", "mixed")
    assert [code for *_, code in operation.attempts] == [5]
    assert cleared.outcome == "ok"
    assert [code for *_, code in cleared.operations[0].attempts] == [5, 0] * len(left)


def test_folders_of_a_tree_are_read_only_by_a_slash(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = TREE.replace('"{parts}"', "{parts}").format(parts='["d*/"]') + REMOVE
    (trial,) = run_scenario(make_scenario(body, strategies='["plain"]'), blocks=1).trials
    (operation,) = trial.operations
    assert (trial.outcome, operation.attempts[-1][2]) == ("not-retried", 5)


def test_paths_that_match_nothing_are_refused_before_anything_runs(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = TREE.replace('"{parts}"', "{parts}").format(parts='["*.idx"]') + REMOVE
    with pytest.raises(InvalidInputError, match=r"read_only '\*.idx' matches nothing"):
        run_scenario(make_scenario(body, strategies='["plain"]'), blocks=1)
