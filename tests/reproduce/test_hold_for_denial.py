"""A denial becomes the hold under which the sharing rules answer with its code, and disturbs least."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.preload.denial import Call, Denial, Side
from harness.reproduce.hold_for_denial import fitting_hold, require_possible


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_text("x")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    path.mkdir()
    (path / "child").write_text("x")
    return path


@pytest.mark.parametrize(
    ("call", "side", "code", "words"),
    [
        ("rename", "source", 32, "not shared for deletion"),
        ("rename", "source", 5, None),
        ("rename", "target", 5, "shared for all"),
        ("rename", "target", 32, None),
        ("delete", "source", 32, "not shared for deletion"),
        ("delete", "source", 5, None),
        ("write", "source", 32, "not shared for writing"),
        ("open", "source", 32, "not shared"),
        ("open", "source", 33, None),
    ],
)
def test_a_file_is_held_as_the_code_needs(
    file: Path, call: Call, side: Side, code: int, words: str | None
) -> None:
    fit = fitting_hold(call, side, code, file)
    assert (None if fit is None else fit.words) == words


def test_of_a_folder_something_inside_is_held_for_5_and_itself_for_32(folder: Path) -> None:
    inside = fitting_hold("rename", "source", 5, folder)
    assert inside is not None
    assert inside.hold.path == os.path.join(folder, "child")
    itself = fitting_hold("rename", "source", 32, folder)
    assert itself is not None
    assert itself.hold.path == str(folder)


def test_in_an_empty_folder_nothing_can_be_held(tmp_path: Path) -> None:
    assert fitting_hold("rename", "source", 5, tmp_path) is None


@pytest.mark.parametrize(
    "denial",
    [
        Denial("rename", "a", 33),
        Denial("delete", "a", 145),
        Denial("write", "a", 5),
        Denial("rename", "a", "quarantine"),
        Denial("rename", "a", 5, first=1),
        Denial("create", "a", 5),
    ],
)
def test_what_no_hold_does_is_said_before_anything_runs(denial: Denial) -> None:
    with pytest.raises(NotSupportedError):
        require_possible(denial)


@pytest.mark.parametrize("code", [5, 32])
def test_renames_may_be_denied_on_either_side(code: int) -> None:
    require_possible(Denial("rename", "a", code))  # type: ignore[arg-type]
    require_possible(Denial("rename", "a", code, "target"))  # type: ignore[arg-type]
