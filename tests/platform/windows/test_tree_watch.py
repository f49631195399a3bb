"""Changes of a tree are read in their order."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.watched_tree import Change, watched_tree


def test_changes_are_read_with_their_paths_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    changes: list[Change] = []
    before_ns = time.perf_counter_ns()
    with watched_tree(tmp_path, changes.append) as watch:
        (tmp_path / "sub" / "new 新").write_bytes(b"")
        os.rename(tmp_path / "sub" / "new 新", tmp_path / "sub" / "other")
        os.remove(tmp_path / "sub" / "other")
        watch.stop()
    made = [(each.kind, each.path, each.target) for each in changes if each.kind != "modified"]
    assert made == [
        ("added", "sub/new 新", None),
        ("renamed", "sub/new 新", "sub/other"),
        ("removed", "sub/other", None),
    ]
    assert all(before_ns < each.at_ns < time.perf_counter_ns() for each in changes)


def test_a_watched_folder_may_be_renamed_within(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with watched_tree(tmp_path, lambda _: None):
        os.rename(tmp_path / "sub", tmp_path / "moved")


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), watched_tree(tmp_path / "none", lambda _: None):
        pass


def test_an_error_of_whoever_is_told_of_changes_is_raised_at_the_end(tmp_path: Path) -> None:
    def fail(change: Change) -> None:
        raise ValueError(change.path)

    with watched_tree(tmp_path, fail) as watch:
        (tmp_path / "new").write_bytes(b"")
        with pytest.raises(ValueError, match="new"):
            watch.stop()
