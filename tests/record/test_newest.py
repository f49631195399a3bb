"""The newest run of a folder: the one that started last and has trials."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.record.newest import newest_run

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


def copy(results: Path, name: str, started: str) -> Path:
    """A run that started at a time."""
    run = results / name
    shutil.copytree(REFERENCE, run)
    manifest = json.loads((run / "manifest.json").read_text("utf-8"))
    (run / "manifest.json").write_text(json.dumps(manifest | {"started": started}), "utf-8")
    return run


def test_it_is_the_one_that_started_last_whatever_its_name(tmp_path: Path) -> None:
    copy(tmp_path, "z", "2026-01-01T10:00:00Z")
    newest = copy(tmp_path, "a", "2026-03-01T10:00:00Z")
    copy(tmp_path, "m", "2026-02-28T23:59:59Z")
    assert newest_run(tmp_path) == newest


@pytest.mark.parametrize("name", ["journal.jsonl", "manifest.json"])
def test_what_has_no_trials_or_cannot_be_read_is_passed_over(tmp_path: Path, name: str) -> None:
    older = copy(tmp_path, "older", "2026-01-01T10:00:00Z")
    (copy(tmp_path, "newer", "2026-03-01T10:00:00Z") / name).write_text("", "utf-8")
    assert newest_run(tmp_path) == older


def test_the_reference_run_and_other_folders_do_not_count(tmp_path: Path) -> None:
    copy(tmp_path, "reference", "2026-03-01T10:00:00Z")
    (tmp_path / "notes").mkdir()
    assert newest_run(tmp_path) is None
    assert newest_run(tmp_path / "none") is None
