"""What the lane keeps is named by part, and removed only while nobody uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from harness.errors import HarnessError
from harness.preload.preload_library import FOLDER, LOCK
from harness.wine import Lane
from harness.wine.kept_lane import kept_by_wine, remove_wine

NAMES = {
    "bytecode",
    "denials-0123456789ab",
    "ntfs",
    "ntfs-rules-0123456789ab",
    "packages-0123456789ab",
    "programs",
    "python-3.13.5-1.5.12",
    "python-version",
    "source-0123456789ab",
    "stock",
    "without-copyfile2",
}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / FOLDER / name).mkdir(parents=True)
        (tmp_path / FOLDER / name / "file").write_bytes(b"x")
    return tmp_path


def test_each_part_has_a_description_of_its_own(cache: Path) -> None:
    parts = list(kept_by_wine(cache))
    assert {part.path.name for part in parts} == NAMES
    assert len({part.what for part in parts}) == len(NAMES)
    assert "rules of NTFS, compiled" in next(p.what for p in parts if "rules" in p.path.name)


@pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")
def test_every_part_of_a_real_lane_is_known(ntfs: Lane) -> None:
    there = {path.name for path in ntfs.folder.iterdir() if path.is_dir()}
    assert {part.path.name for part in kept_by_wine(ntfs.folder.parent)} == there


def test_what_is_removed_is_what_was_named(cache: Path) -> None:
    (cache / FOLDER / "mine").mkdir()
    (cache / FOLDER / "ntfs-notes.txt").write_text("of somebody")
    remove_wine(cache)
    assert {path.name for path in (cache / FOLDER).iterdir()} - {LOCK} == {"mine", "ntfs-notes.txt"}


def test_a_lane_that_is_being_set_up_stays(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.wine.kept_lane.PATIENCE_S", 0.05)
    with FileLock(cache / FOLDER / LOCK), pytest.raises(HarnessError, match="being set up"):
        remove_wine(cache)
    assert len(list(kept_by_wine(cache))) == len(NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")
def test_a_lane_in_use_stays(cache: Path) -> None:
    prefix = cache / FOLDER / "ntfs" / "prefix"
    prefix.mkdir()
    waits = [sys.executable, "-c", "input()", "python.exe"]
    with subprocess.Popen(waits, env={"WINEPREFIX": str(prefix)}, stdin=subprocess.PIPE) as process:
        with pytest.raises(HarnessError, match=f"in use: process {process.pid} runs"):
            remove_wine(cache)
        process.kill()
    assert prefix.exists()
    remove_wine(cache)
    assert not prefix.exists()


def test_without_a_lane_there_is_nothing_to_say_or_to_remove(tmp_path: Path) -> None:
    assert list(kept_by_wine(tmp_path)) == []
    remove_wine(tmp_path)
    assert list(tmp_path.iterdir()) == []
