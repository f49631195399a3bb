"""Runs write to their results folder, and leave nothing anywhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.api import run_scenarios
from harness.errors import InvalidInputError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


def test_nothing_is_left_outside_the_results_folder(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {path for path in tmp_path.rglob("*") if "results" not in path.parts}
    run = run_scenario(
        make_scenario(strategies='["plain", "graceful-fs-60s"]', profiles='["brief"]'), blocks=3
    )
    after = {path for path in tmp_path.rglob("*") if "results" not in path.parts}
    assert {path.name for path in after - before} == {"made.toml"}
    assert {entry.name for entry in os.scandir(run.folder)} <= {
        "manifest.json",
        "journal.jsonl",
        "run.lock",
    }


def test_a_results_folder_that_cannot_be_is_said_before_anything_is_fetched(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    loaded = load_scenario(make_scenario())
    for results in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InvalidInputError, match=r"^--results .*file is not a writable folder"):
            run_scenarios([loaded], platform="emulated", results=results, seed=1)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL; tests/test_ownership.py has Windows")
def test_what_a_killed_run_left_is_removed_by_the_next_one(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, results = tmp_path / "work", tmp_path / "results"
    work.mkdir()
    path = make_scenario(profiles='["brief"]', blocks="5000")
    command = [sys.executable, "-m", "harness", "run", str(path), "--platform", "emulated"]
    monkeypatch.setenv("TMPDIR", str(work))
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*command, "--results", str(results)], stdout=quiet) as process:
        while not any(journal.stat().st_size for journal in results.glob("*/journal.jsonl")):
            time.sleep(0.02)
        beside = [*command, "--blocks", "1", "--results", str(results)]
        subprocess.run(beside, stdout=quiet, check=True)
        left = sorted(os.listdir(work))
        assert len(left) == 2  # the folder of the run that goes on, and its lock
        process.kill()
    assert sorted(os.listdir(work)) == left
    subprocess.run(beside, stdout=quiet, check=True)
    assert os.listdir(work) == []
