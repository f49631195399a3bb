"""Notebooks in git are sources: nothing that running them leaves behind is in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OF_PROGRAMS = {"reproductions"}
"""They are about no run."""
MOST_CELLS = 12
MACHINE = re.compile(r"/(?:home|root|tmp|work|Users|private|mnt)/|[A-Za-z]:\\\\", re.IGNORECASE)
"""Where somebody's files are; notebooks name files relative to themselves."""

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def leavings(notebook: dict[str, Any]) -> list[str]:
    """What running a notebook has left in it, or what keeps it from being run anywhere."""
    found = []
    for cell in notebook["cells"]:
        if cell.get("outputs"):
            found.append(f"{cell['id']}: outputs")
        if cell.get("execution_count") is not None:
            found.append(f"{cell['id']}: an execution count")
        if set(cell["metadata"]) - {"tags"}:
            found.append(f"{cell['id']}: metadata {sorted(cell['metadata'])}")
    if set(notebook["metadata"]) - {"kernelspec", "language_info"}:
        found.append(f"metadata {sorted(notebook['metadata'])}")
    if notebook["metadata"]["language_info"] != {"name": "python"}:
        found.append("the version of somebody's Python")
    if MACHINE.search(json.dumps(notebook)):
        found.append("a path of somebody's machine")
    return found


def test_the_notebooks_of_the_issue_are_there() -> None:
    names = {path.stem for path in NOTEBOOKS}
    assert names >= {"explore-run", "compare-strategies", "hold-durations", "schedule-gallery"}
    assert names >= {"tune-defaults", "reproductions"}


@every
def test_nothing_that_running_leaves_behind_is_in_git(path: Path) -> None:
    assert leavings(json.loads(path.read_text(encoding="utf-8"))) == []


@every
def test_it_is_valid_short_and_of_the_version_with_cell_ids(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len(notebook.cells) <= MOST_CELLS
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@every
def test_it_opens_with_the_question_it_answers(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# [^\n]+\n\n\*\*[^*]+\?\*\*", first.source)


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.stem not in OF_PROGRAMS], ids=lambda path: path.stem
)
def test_one_cell_holds_parameters_with_the_reference_run(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    (parameters,) = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    given: dict[str, Any] = {}
    exec(parameters.source, given)  # noqa: S102 - it only assigns
    assert given["runs"] == ["../results/reference"]
    assert (path.parent / given["runs"][0] / "manifest.json").is_file()


def test_leavings_are_found() -> None:
    cell: dict[str, Any] = {"id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    clean: dict[str, Any] = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}}
    assert leavings(clean) == []
    for change in (
        {"outputs": [{"text": "1"}]},
        {"execution_count": 1},
        {"metadata": {"collapsed": True}},
        {"source": ["load('/home/somebody/run')"]},
        {"source": ["load('C:\\Users\\somebody')"]},
    ):
        assert leavings({**clean, "cells": [{**cell, **change}]})
    assert leavings({**clean, "metadata": {"language_info": {"name": "python", "version": "3.11.7"}}})
