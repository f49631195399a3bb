"""Which runs a report is about: those that are named, or the newest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.report.chosen_runs import chosen_runs, runs_in

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


def test_folders_of_runs_stand_for_their_runs(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(REFERENCE, run)
    assert runs_in([tmp_path, run]) == [run]
    assert chosen_runs([tmp_path]) == [run]
    with pytest.raises(InvalidInputError, match="is not a run: there is no such folder"):
        runs_in([tmp_path / "none"])


def test_without_a_name_it_is_the_newest(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "reference")
    shutil.copytree(REFERENCE, tmp_path / "mine")
    assert chosen_runs([], tmp_path) == [tmp_path / "mine"]


def test_without_any_run_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no run in") as error:
        chosen_runs([], tmp_path)
    assert error.value.hint == "Make one with `python -m nox -s bench` or `harness run`, about a minute."
    shutil.copytree(REFERENCE, tmp_path / "reference")
    with pytest.raises(InvalidInputError) as error:
        chosen_runs([], tmp_path)
    assert str(error.value.hint).endswith(str(tmp_path / "reference"))
