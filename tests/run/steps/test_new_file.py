"""Operations on a file just written: reading, opening, starting, clearing an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [5000]\n'
READ_ONLY = FILE + 'read_only = "files"\n'
PROGRAM = '[[payload]]\nkind = "launcher"\nname = "tool"\nentry_point = "tool = tool:main"\n'
TREE = (
    '[[payload]]\nkind = "tree"\nname = "app"\n'
    "shape = { folders = 1, other = { files = 1, sizes = [9, 9, 9, 9, 9, 9, 9, 9] }, "
    "pe = { files = 1, sizes = [2048, 2048, 2048, 2048, 2048, 2048, 2048, 2048] } }\n"
)


def operation(kind: str, keys: str = "") -> str:
    return f'[[operations]]\nkind = "{kind}"\nto = "bin/{{file}}"\n{keys}'


START = PROGRAM + operation("start")
APPEND = 'access = "write"\n'


@pytest.mark.parametrize(
    ("body", "held", "code"),
    [  # docs/evidence/windows-sharing.md: share modes, starting a program, locked bytes
        (FILE + operation("read"), {"share": "none"}, 32),
        (START, {"share": "none"}, 32),
        (START, {"share": "rwd", "more": ', access = "write"'}, 32),
        (START, {"share": "r"}, 0),
        (START, {"share": "rwd", "more": ", byte_range_lock = true"}, 0),
        (START, {"share": "rwd", "more": ", own_error = 225"}, 225),
        (FILE + operation("open", APPEND), {"share": "r"}, 32),
        (FILE + operation("open", APPEND), {"share": "rw"}, 0),
        (FILE + operation("open", 'access = "read"\nshare = "none"\n'), {"share": "rwd"}, 32),
        (FILE + operation("open", 'access = "read"\nshare = "r"\n'), {"share": "rwd"}, 0),
        (READ_ONLY + operation("open", APPEND), {"share": "rwd"}, 5),
        (READ_ONLY + operation("clear-read-only"), {"share": "none"}, 0),
    ],
)
def test_it_fails_by_the_rules_and_leaves_the_file_as_it_is(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    run_scenario: RunScenario,
    body: str,
    held: dict[str, str],
    code: int,
) -> None:
    make_profile("hold", 40, object="source", **held)
    (trial,) = run_scenario(make_scenario(body, profiles='["hold"]'), blocks=1).trials
    (found,) = trial.operations
    assert [last for *_, last in found.attempts] == [code]
    assert found.dest_state == "new"
    assert (trial.outcome == "ok") == (code == 0)


def test_waiting_out_the_hold_helps(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 40, object="source", share="none")
    path = make_scenario(START, strategies='["10ms for 1s on EBUSY"]', profiles='["hold"]')
    (trial,) = run_scenario(path, blocks=1).trials
    assert trial.outcome == "ok"
    assert trial.elapsed_ms >= 40


def test_a_program_of_a_tree_is_started_after_the_tree_was_renamed(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 40, object="source", share="none")
    body = TREE + '[[operations]]\nkind = "rename"\nto = "apps/{name}"\n'
    body += '[[operations]]\nkind = "start"\nto = "apps/{name}"\nfile = "*"\n'
    path = make_scenario(body, strategies='["10ms for 1s on any"]', profiles='["hold"]')
    (trial,) = run_scenario(path, blocks=1).trials
    rename, start = trial.operations
    assert (trial.outcome, rename.dest_state, start.dest_state) == ("ok", "new", "new")
    assert [last for *_, last in start.attempts][-1] == 0
    assert start.files == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (FILE + operation("start"), "is no Windows program"),
        (FILE + operation("clear-read-only"), "nothing to clear"),
        (FILE + operation("read", 'file = "*"\n'), "is a file, and 'read' names a file in it"),
        (TREE + operation("read"), "does not say which file"),
        (TREE + operation("read", 'file = "none"\n'), "has no file 'none'"),
        (TREE + operation("start", 'file = "*.exe"\n'), "has no program"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    make_scenario: MakeScenario, run_scenario: RunScenario, body: str, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        run_scenario(make_scenario(body), blocks=1)
