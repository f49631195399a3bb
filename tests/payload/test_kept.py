"""The cache says what it keeps, and removes only what the harness has put there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.payload.kept import bytes_below, kept_archives, remove_archives

ONE, OTHER = "0a" * 32, "1b" * 32


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for sha256, file, content in ((ONE, "small.whl", b"x"), (OTHER, "large.whl", b"y" * 100_000)):
        folder = tmp_path / "archives" / sha256
        folder.mkdir(parents=True)
        (folder / file).write_bytes(content)
    return tmp_path


def test_each_archive_is_named_the_largest_first(cache: Path) -> None:
    large, small = kept_archives(cache)
    assert (large.what, small.what) == ("large.whl", "small.whl")
    assert large.kind == small.kind == "archives"
    assert large.bytes >= 100_000
    assert small.path == cache / "archives" / ONE


def test_a_folder_without_archives_keeps_none(tmp_path: Path) -> None:
    assert list(kept_archives(tmp_path)) == []
    remove_archives(tmp_path)


def test_only_folders_that_are_named_by_a_hash_are_removed(cache: Path) -> None:
    mine = [cache / "archives" / "notes.txt", cache / "thesis.txt", cache / "archives" / "ab" / "c"]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("of somebody")
    remove_archives(cache)
    assert list(kept_archives(cache)) == []
    assert all(path.read_text() == "of somebody" for path in mine)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_links_are_not_followed(cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "large").write_bytes(b"z" * 1_000_000)
    (cache / "archives" / ("2c" * 32)).symlink_to(outside)
    (cache / "archives" / ONE / "link").symlink_to(outside)
    assert [kept.what for kept in kept_archives(cache)] == ["large.whl", "link, small.whl"]
    assert bytes_below(cache / "archives") < 500_000
    remove_archives(cache)
    assert (outside / "large").exists()
