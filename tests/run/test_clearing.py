"""What the harness wrote is removed, or left for later where something keeps it open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tenacity import stop_after_delay

from harness.payload.archive import remove_tree
from harness.run import clearing
from harness.run.clearing import clear_away
from harness.winerror import ACCESS_DENIED, DIR_NOT_EMPTY, SHARING_VIOLATION, win32_error

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.parametrize("code", [ACCESS_DENIED, SHARING_VIOLATION, DIR_NOT_EMPTY])
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


@pytest.mark.parametrize("code", [ACCESS_DENIED, SHARING_VIOLATION, DIR_NOT_EMPTY])
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


def test_it_gives_a_holder_some_seconds() -> None:
    stop = clearing._PATIENTLY.stop
    assert isinstance(stop, stop_after_delay)
    assert 1 <= stop.max_delay <= 10


def test_an_error_that_no_holder_causes_is_raised_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path) -> None:
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(clearing, "remove_tree", broken)
    began = time.monotonic()
    with pytest.raises(OSError, match="Input/output"):
        clear_away(folder)
    assert time.monotonic() - began < 0.05
