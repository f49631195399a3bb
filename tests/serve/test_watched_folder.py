"""The files that come into a folder are held once each: what is no file is not, what comes again is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.serve.served_holds import ServedHolds
from harness.serve.watched_folder import WatchedFolder

ALWAYS = """
schema = 2
title = "Every file is held for good"

[[holds]]
handle = { object = "child", access = "read", share = "r", evidence = "assumed", source = "a test" }
probability = { value = 1, evidence = "assumed", source = "a test" }
delay = { of = { distribution = "constant", ms = 0 }, evidence = "assumed", source = "a test" }
duration = { of = { distribution = "forever" }, evidence = "assumed", source = "a test" }
"""


class Holder:
    """A holder that can hold everything, and holds nothing."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def take(self, hold: Any) -> tuple[int, int | None]:
        self.paths.append(os.path.basename(hold.path))
        return len(self.paths), None

    def release(self, number: int) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def profile(tmp_path: Path) -> str:
    (tmp_path / "always.toml").write_text(ALWAYS)
    return str(tmp_path / "always.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "watched" / "deep").mkdir(parents=True)
    (tmp_path / "watched" / "there.dll").touch()
    return tmp_path / "watched"


def test_what_comes_is_held_once_and_again_if_it_was_gone(folder: Path, profile: str) -> None:
    holder = Holder()
    served = ServedHolds(lambda *_: None, holder)
    watched = WatchedFolder.of(folder, profile, "*.dll", 1)
    (folder / "new.dll").touch()
    (folder / "other.txt").touch()
    for _ in range(3):
        assert watched.hold_new(served)
    assert holder.paths == ["new.dll"]
    (folder / "new.dll").unlink()
    watched.hold_new(served)
    (folder / "new.dll").touch()
    watched.hold_new(served)
    assert holder.paths == ["new.dll", "new.dll"]


def test_a_pattern_with_a_folder_is_held_against_the_path(folder: Path, profile: str) -> None:
    holder = Holder()
    watched = WatchedFolder.of(folder, profile, "*/deep/*", 1)
    (folder / "deep" / "a").touch()
    (folder / "b").touch()
    watched.hold_new(ServedHolds(lambda *_: None, holder))
    assert holder.paths == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there")
def test_what_is_no_file_keeps_nobody_waiting(folder: Path, profile: str) -> None:
    if sys.platform == "win32":
        return
    holder = Holder()
    watched = WatchedFolder.of(folder, profile, "*", 1)
    os.mkfifo(folder / "pipe")
    os.symlink("nowhere", folder / "broken")
    watched.hold_new(ServedHolds(lambda *_: None, holder))
    assert not holder.paths
