"""A damaged run is refused, or reads as what was written: no number changes without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from mutation_lab import Edits, edited, edits

from harness.api import run_scenarios
from harness.errors import HarnessError
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST
from harness.record.read import Run, read_run
from harness.scenario.load import load_scenario


class Sound:
    """A run as it was written. (Hypothesis prints what a test is given: a run is long.)"""

    def __init__(self, run: Run) -> None:
        self.folder, self.manifest = run.folder, run.manifest
        self.trials = {trial.trial_id: trial for trial in run.trials}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    scenario = load_scenario("script-install").changed(blocks=3)
    results = tmp_path_factory.mktemp("results")
    return Sound(run_scenarios([scenario], blocks=3, seed=1, platform="emulated", results=results))


@pytest.fixture(scope="module")
def folder(sound: Sound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("damaged") / sound.folder.name
    found.mkdir()
    return found


def _is_told(
    sound: Sound, folder: Path, name: str, changes: Edits, tried: Callable[[str], None]
) -> None:
    for each in (JOURNAL, MANIFEST):
        (folder / each).write_bytes((sound.folder / each).read_bytes())
    (folder / name).write_bytes(edited((sound.folder / name).read_bytes(), changes))
    try:
        run = read_run(folder)
    except HarnessError:
        tried(f"{name} refused")
        return
    tried(f"{name} read")
    assert run.manifest.integrity != "intact" or run.manifest == sound.manifest
    assert all(trial == sound.trials[trial.trial_id] for trial in run.trials)
    assert len({trial.trial_id for trial in run.trials}) == len(run.trials)


@given(changes=edits())
def test_journals(changes: Edits, sound: Sound, folder: Path, tried: Callable[[str], None]) -> None:
    _is_told(sound, folder, JOURNAL, changes, tried)


@given(changes=edits())
def test_manifests(changes: Edits, sound: Sound, folder: Path, tried: Callable[[str], None]) -> None:
    _is_told(sound, folder, MANIFEST, changes, tried)
