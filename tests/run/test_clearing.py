"""What the harness wrote is removed, or left for later where something keeps it open."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from tenacity import stop_after_delay

from harness.payload.archive import remove_tree
from harness.run import clearing
from harness.run.clearing import clear_away
from harness.winerror import (
    ACCESS_DENIED,
    DIR_NOT_EMPTY,
    FILE_NOT_FOUND,
    SHARING_VIOLATION,
    VIRUS_DELETED,
    VIRUS_INFECTED,
    win32_error,
)

SCANNERS = [ACCESS_DENIED, SHARING_VIOLATION, DIR_NOT_EMPTY, VIRUS_INFECTED, VIRUS_DELETED]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "trial-1"
    (path / "staging" / "lib").mkdir(parents=True)
    (path / "staging" / "lib" / "module.pyd").write_bytes(b"MZ")
    return path


class Held:
    """Stands in for a folder in which a file is open: so many removals fail as on Windows."""

    def __init__(self, failures: float, code: int = SHARING_VIOLATION) -> None:
        self.failures = failures
        self.code = code
        self.calls = 0

    def remove(self, path: Path) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise win32_error(self.code, path)
        remove_tree(path)


def test_a_folder_goes_with_all_that_is_in_it(folder: Path) -> None:
    clear_away(folder)
    assert not folder.exists()
    assert folder.parent.exists()


def test_a_folder_that_is_not_there_is_cleared_away_already(tmp_path: Path) -> None:
    clear_away(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", SCANNERS)
def test_what_is_held_for_a_moment_is_removed_when_it_is_let_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """145: a file in it was deleted, but its name stays as long as a holder keeps it open."""
    held = Held(2, code)
    monkeypatch.setattr(clearing, "remove_tree", held.remove)
    began = time.monotonic()
    clear_away(folder)
    assert not folder.exists()
    assert held.calls == 3
    assert time.monotonic() - began > 0.09


@pytest.mark.parametrize("code", SCANNERS)
def test_what_is_held_for_long_stays_without_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    impatient = clearing._PATIENTLY.copy(stop=stop_after_delay(0.2))
    monkeypatch.setattr(clearing, "_PATIENTLY", impatient)
    held = Held(float("inf"), code)
    monkeypatch.setattr(clearing, "remove_tree", held.remove)
    clear_away(folder)
    assert folder.exists()
    assert 2 <= held.calls <= 6


def test_a_file_that_another_removes_first_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner that quarantines, or the last holder of a file that is being deleted."""
    unlink = os.unlink
    vanished: list[Any] = []

    def one_comes_first(path: Any, **more: Any) -> None:
        if not vanished:
            vanished.append(path)
            unlink(path, **more)
        unlink(path, **more)

    monkeypatch.setattr(os, "unlink", one_comes_first)
    clear_away(folder)
    assert vanished
    assert not folder.exists()


def test_a_vanished_file_is_met_with_another_try(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Python 3.13, `shutil.rmtree` raises; the test above shows that only there."""
    vanishing = Held(1, FILE_NOT_FOUND)
    monkeypatch.setattr(clearing, "remove_tree", vanishing.remove)
    clear_away(folder)
    assert (vanishing.calls, folder.exists()) == (2, False)


def test_a_folder_that_can_never_be_found_is_not_left_in_silence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = clearing._PATIENTLY.copy(stop=stop_after_delay(0.2))
    monkeypatch.setattr(clearing, "_PATIENTLY", impatient)
    monkeypatch.setattr(clearing, "remove_tree", Held(float("inf"), FILE_NOT_FOUND).remove)
    with pytest.raises(FileNotFoundError):
        clear_away(folder)


def test_it_gives_a_holder_some_seconds() -> None:
    stop = clearing._PATIENTLY.stop
    assert isinstance(stop, stop_after_delay)
    assert 1 <= stop.max_delay <= 10


def test_an_error_that_no_holder_causes_is_raised_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def broken(path: Path) -> None:
        asked.append(path)
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(clearing, "remove_tree", broken)
    with pytest.raises(OSError, match="Input/output"):
        clear_away(folder)
    assert asked == [folder]
