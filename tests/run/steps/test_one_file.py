"""Operations on one file at its place: reading, deleting, copying onto, truncating."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [5000]\n'
AT = {"copy-truncate": 'at = "logs/{file}"\nto = "logs/{file}.1"\n'}


def operation(kind: str) -> str:
    """An operation of a kind, on the file of the payload."""
    keys = AT.get(kind, 'to = "bin/{file}"\n')
    return f'[[operations]]\nkind = "{kind}"\n{keys}'


@pytest.mark.parametrize(
    ("kind", "held", "code", "left"),
    [  # docs/evidence/windows-sharing.md: share modes, loaded programs, mapped files, locked bytes
        ("read", {"object": "source", "share": "none"}, 32, "new"),
        ("read", {"object": "source", "share": "r"}, 0, "new"),
        ("read", {"object": "source", "share": "rwd", "more": ", byte_range_lock = true"}, 33, "new"),
        ("remove-file", {"object": "source", "share": "rw"}, 32, "old"),
        ("remove-file", {"object": "source", "share": "rwd"}, 0, "missing"),
        ("remove-file", {"object": "source", "share": "rwd", "more": ', section = "image"'}, 5, "old"),
        ("copy-onto", {"object": "target", "share": "r"}, 32, "old"),
        ("copy-onto", {"object": "target", "share": "rwd", "more": ', section = "image"'}, 32, "old"),
        ("copy-onto", {"object": "target", "share": "rwd", "more": ', section = "data"'}, 1224, "old"),
        ("copy-onto", {"object": "target", "share": "rwd"}, 0, "new"),
        ("copy-truncate", {"object": "source", "share": "rw", "more": ', access = "write"'}, 0, "new"),
        ("copy-truncate", {"object": "source", "share": "r"}, 32, "mixed"),
        ("copy-truncate", {"object": "source", "share": "none"}, 32, "old"),
    ],
)
def test_an_operation_fails_by_the_rules_and_leaves_what_it_leaves(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    run_scenario: RunScenario,
    kind: str,
    held: dict[str, str],
    code: int,
    left: str,
) -> None:
    make_profile("hold", 40, **held)
    path = make_scenario(
        FILE + operation(kind), strategies='["plain", "10ms for 1s on any"]', profiles='["hold"]'
    )
    found = {trial.strategy: trial for trial in run_scenario(path, blocks=1).trials}
    (plain,) = found["plain"].operations
    assert {last for *_, last in plain.attempts} in ({code}, set() if code == 0 else {code})
    assert plain.dest_state == left
    assert (found["plain"].outcome == "ok") == (code == 0)
    assert found["10ms for 1s on any"].outcome == "ok"


@pytest.mark.parametrize("kind", ["read", "remove-file", "copy-onto", "copy-truncate"])
def test_a_second_run_ends_what_the_first_did_not(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario, kind: str
) -> None:
    held = "target" if kind == "copy-onto" else "source"
    make_profile("hold", 40, object=held, share="none")
    body = FILE + operation(kind)
    path = make_scenario(body, profiles='["hold"]', run_again_after_ms="100")
    (trial,) = run_scenario(path, blocks=1).trials
    assert trial.outcome == "not-retried"
    assert trial.rerun is not None
    assert trial.rerun.outcome == "ok"


def test_they_work_on_files_and_come_first(make_scenario: MakeScenario) -> None:
    tree = (
        '[[payload]]\nkind = "tree"\nname = "lib"\n'
        "shape = { folders = 1, other = { files = 1, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }\n"
    )
    with pytest.raises(InvalidFilesError, match="expected a payload of kind"):
        load_scenario(make_scenario(tree + operation("remove-file")))
