"""The renames and deletes that programs really use, emulated: which call does it, what comes back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from harness.clock import VirtualClock
from harness.holds.handles import SHARE_ALL, SHARE_NAMES, Hold, Section, Share
from harness.holds.sharing_rules import DeleteSemantics
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.platform.emulated.lock_table import LockTable
from harness.run import start
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive

COST_NS = 300_000
RENAMES: dict[RenamePrimitive, str] = {
    "move": "MoveFileExW",
    "move-replace": "MoveFileExW",
    "tempfile-persist": "MoveFileExW",
    "rust-rename": "MoveFileExW",
    "posix-rename": "FileRenameInfoEx",
}


@pytest.fixture
def files(table: LockTable) -> EmulatedFileSystem:
    return EmulatedFileSystem(VirtualClock(), table, call_cost_ns=COST_NS)


def hold(table: LockTable, path: Path, share: Share = SHARE_ALL, section: Section | None = None) -> None:
    table.schedule_hold(Hold("target", str(path), share=share, section=section), 0)
    table.advance(0)


def code_of(call: Callable[[], object]) -> int | None:
    """The Win32 code of a call that must be refused."""
    with pytest.raises(OSError) as refused:  # noqa: PT011 - whichever; its code is what counts
        call()
    return winerror_of(refused.value)


@pytest.mark.parametrize("primitive", RENAMES)
def test_where_nothing_is_in_the_way_each_rename_says_which_call_it_ends_in(
    files: EmulatedFileSystem, new_file: Path, tmp_path: Path, primitive: RenamePrimitive
) -> None:
    assert files.rename(str(new_file), str(tmp_path / "new"), primitive) == RENAMES[primitive]
    assert (tmp_path / "new").read_bytes() == b"new"
    assert not new_file.exists()


@pytest.mark.parametrize("primitive", ["tempfile-persist", "rust-rename", "posix-rename"])
def test_they_replace_what_is_there(
    files: EmulatedFileSystem, new_file: Path, old_file: Path, primitive: RenamePrimitive
) -> None:
    assert files.rename(str(new_file), str(old_file), primitive) == RENAMES[primitive]
    assert old_file.read_bytes() == b"new"


def test_a_target_that_is_open_stops_tempfile_but_rust_falls_back_to_the_posix_rename(
    files: EmulatedFileSystem, table: LockTable, new_file: Path, old_file: Path
) -> None:
    """MoveFileExW gives 5 however the holder shares; FileRenameInfoEx needs its leave to delete."""
    hold(table, old_file)
    assert code_of(lambda: files.rename(str(new_file), str(old_file), "tempfile-persist")) == 5
    assert code_of(lambda: files.rename(str(new_file), str(old_file), "move-replace")) == 5
    assert old_file.read_bytes() == b"old"
    assert files.rename(str(new_file), str(old_file), "rust-rename") == "FileRenameInfoEx"
    assert old_file.read_bytes() == b"new"


def test_a_holder_that_does_not_share_deletion_stops_the_fall_back_too(
    files: EmulatedFileSystem, table: LockTable, new_file: Path, old_file: Path
) -> None:
    hold(table, old_file, SHARE_NAMES["rw"])
    assert code_of(lambda: files.rename(str(new_file), str(old_file), "rust-rename")) == 5
    assert (new_file.read_bytes(), old_file.read_bytes()) == (b"new", b"old")


def test_an_error_other_than_5_makes_nobody_fall_back(
    files: EmulatedFileSystem, table: LockTable, new_file: Path, old_file: Path
) -> None:
    hold(table, new_file, Share.READ)
    for primitive in ("tempfile-persist", "rust-rename"):
        assert code_of(lambda: files.rename(str(new_file), str(old_file), primitive)) == 32  # noqa: B023


def test_a_directory_that_is_not_empty_is_said_by_the_fall_back_with_145(
    files: EmulatedFileSystem, tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "child").touch()
    names = str(tmp_path / "source"), str(tmp_path / "target")
    assert code_of(lambda: files.rename(*names, "move-replace")) == 5
    assert code_of(lambda: files.rename(*names, "tempfile-persist")) == 5
    assert code_of(lambda: files.rename(*names, "rust-rename")) == 145
    assert code_of(lambda: files.rename(*names, "posix-rename")) == 145
    assert (tmp_path / "target" / "child").exists()


def test_an_empty_directory_is_replaced_by_the_fall_back_alone(
    files: EmulatedFileSystem, tmp_path: Path
) -> None:
    (tmp_path / "source" / "child").mkdir(parents=True)
    (tmp_path / "target").mkdir()
    names = str(tmp_path / "source"), str(tmp_path / "target")
    assert code_of(lambda: files.rename(*names, "tempfile-persist")) == 5
    assert files.rename(*names, "rust-rename") == "FileRenameInfoEx"
    assert (tmp_path / "target" / "child").is_dir()


def test_a_source_that_is_gone_is_not_found_whoever_asks(
    files: EmulatedFileSystem, tmp_path: Path, old_file: Path
) -> None:
    for primitive in RENAMES:
        gone = str(tmp_path / "gone")
        assert code_of(lambda: files.rename(gone, str(old_file), primitive)) == 2  # noqa: B023


def test_a_fall_back_is_one_attempt_and_costs_what_one_does(
    files: EmulatedFileSystem, table: LockTable, new_file: Path, old_file: Path
) -> None:
    hold(table, old_file)
    files.rename(str(new_file), str(old_file), "rust-rename")
    assert files.clock.now_ns() == COST_NS


SEMANTICS = get_args(DeleteSemantics)
NAME_GOES: dict[tuple[DeletePrimitive, DeleteSemantics], bool] = {
    ("delete", "posix"): True,
    ("delete", "classic"): False,
    ("posix-delete", "posix"): True,
    ("posix-delete", "classic"): True,
}


@pytest.mark.parametrize(("primitive", "semantics"), NAME_GOES)
def test_a_posix_delete_frees_the_name_at_once_whatever_the_system_does_by_itself(
    table: LockTable, old_file: Path, primitive: DeletePrimitive, semantics: DeleteSemantics
) -> None:
    files = EmulatedFileSystem(VirtualClock(), table, semantics=semantics)
    hold(table, old_file)
    files.delete_file(str(old_file), primitive)
    goes = NAME_GOES[primitive, semantics]
    assert os.path.lexists(old_file) == (not goes)
    if goes:
        files.create_file(str(old_file), b"anew")
    else:
        assert code_of(lambda: files.create_file(str(old_file), b"anew")) == 5


@pytest.mark.parametrize("primitive", ["delete", "posix-delete"])
@pytest.mark.parametrize("semantics", SEMANTICS)
def test_no_delete_goes_past_a_holder_that_does_not_share_it(
    table: LockTable, old_file: Path, primitive: DeletePrimitive, semantics: DeleteSemantics
) -> None:
    files = EmulatedFileSystem(VirtualClock(), table, semantics=semantics)
    hold(table, old_file, SHARE_NAMES["rw"])
    assert code_of(lambda: files.delete_file(str(old_file), primitive)) == 32
    assert old_file.exists()


@pytest.mark.parametrize("primitive", ["delete", "posix-delete"])
def test_no_delete_goes_past_a_program_that_runs(
    files: EmulatedFileSystem, table: LockTable, old_file: Path, primitive: DeletePrimitive
) -> None:
    hold(table, old_file, section="image")
    assert code_of(lambda: files.delete_file(str(old_file), primitive)) == 5
    assert old_file.exists()


# in whole trials

REPLACE = """
[[payload]]
kind = "files"
name = "entry"
sizes = [500]
[[operations]]
kind = "write-replace"
to = "cache/{file}"
existing = true
"""


def test_a_trial_tells_which_call_replaced_the_file(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("open", 25, object="target", share="rwd")
    factors = '{ primitive = ["tempfile-persist", "rust-rename", "posix-rename", "move-replace"] }'
    path = make_scenario(
        REPLACE, strategies='["exponential"]', profiles='["open", "none"]', factors=factors
    )
    run = run_scenario(path, blocks=1)
    told = {
        (trial.profile, trial.factors["primitive"]): (operation.by, len(operation.attempts))
        for trial in run.trials
        for operation in trial.operations
    }
    assert told == {
        ("open", "tempfile-persist"): ("MoveFileExW", 3),
        ("open", "move-replace"): ("MoveFileExW", 3),
        ("open", "rust-rename"): ("FileRenameInfoEx", 1),
        ("open", "posix-rename"): ("FileRenameInfoEx", 1),
        ("none", "tempfile-persist"): ("MoveFileExW", 1),
        ("none", "move-replace"): ("MoveFileExW", 1),
        ("none", "rust-rename"): ("MoveFileExW", 1),
        ("none", "posix-rename"): ("FileRenameInfoEx", 1),
    }


REMOVALS: dict[DeletePrimitive, tuple[str, str, list[int]]] = {
    "delete": ("not-retried", "missing", [145]),
    "posix-delete": ("ok", "missing", []),
}


@pytest.mark.parametrize("primitive", REMOVALS)
def test_a_scenario_chooses_how_it_removes(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    run_scenario: RunScenario,
    monkeypatch: pytest.MonkeyPatch,
    primitive: DeletePrimitive,
) -> None:
    """On an older system: the name of a deleted file stays while it is open, and so must its folder."""
    older = EmulatedPlatform("classic")
    monkeypatch.setattr(start, "get_platform", lambda _: older)
    make_profile("open", None, object="child", share="rwd")
    body = f"""
[[payload]]
kind = "tree"
name = "lib"
shape = {{ folders = 1, other = {{ files = 3, sizes = [1, 1, 1, 1, 1, 1, 1, 1] }} }}
[[operations]]
kind = "remove"
at = "site-packages"
primitive = "{primitive}"
"""
    (trial,) = run_scenario(make_scenario(body, profiles='["open"]'), blocks=1).trials
    (operation,) = trial.operations
    assert operation.primitive == primitive
    codes = [code for _, _, code in operation.attempts]
    assert (trial.outcome, operation.dest_state, codes) == REMOVALS[primitive]


pytest_plugins = ("emulated_fixtures",)
