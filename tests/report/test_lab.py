"""The notebooks on a run: copies that name it, which keep what was written into them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from report_lab import LOAD, write_notebook

from harness.errors import InvalidInputError
from harness.report.lab import working_copies

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_the_first_copy_explores_the_run_that_was_chosen(tmp_path: Path) -> None:
    run = tmp_path / "results" / "20260301T100000Z-ab12"
    first = working_copies([run], NOTEBOOKS, tmp_path / "lab")
    assert first == tmp_path / "lab" / run.name / "explore-run.ipynb"
    assert {path.name for path in first.parent.iterdir()} == {
        path.name for path in NOTEBOOKS.glob("*.ipynb")
    }
    about_runs = {path for path in first.parent.iterdir() if path.stem != "reproductions"}
    for path in about_runs:
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        [named] = [cell for cell in cells if repr(str(run)) in cell.replace('"', "'")]
        namespace: dict[str, object] = {}
        exec(named, namespace)  # noqa: S102 - what the copy begins with
        assert namespace["runs"] == [str(run)]


def test_copies_keep_what_was_written_into_them(tmp_path: Path) -> None:
    write_notebook(tmp_path / "notebooks" / "mine.ipynb", LOAD)
    runs = [tmp_path / "a", tmp_path / "b"]
    first = working_copies(runs, tmp_path / "notebooks", tmp_path / "lab")
    assert first.parent.name == "a-and-1-more"
    first.write_text("changed", "utf-8")
    assert working_copies(runs, tmp_path / "notebooks", tmp_path / "lab") == first
    assert first.read_text("utf-8") == "changed"


def test_without_notebooks_it_says_where_they_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there are no notebooks in"):
        working_copies([tmp_path], tmp_path, tmp_path / "lab")
