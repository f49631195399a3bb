"""A tree has every file, link and folder, and reads nothing that has no end."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from harness.file_tree import FOLDER, UNREADABLE, entries


def test_contents_are_told_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "folder" / "empty").mkdir(parents=True)
    (tmp_path / "folder" / "file").write_bytes(b"x" * 9)
    found = dict(entries(tmp_path))
    assert found == {
        "folder": FOLDER,
        "folder/empty": FOLDER,
        "folder/file": hashlib.sha256(b"x" * 9).hexdigest(),
    }
    assert dict(entries(tmp_path, most_bytes=8))["folder/file"] == "9 bytes"
    assert not dict(entries(tmp_path / "absent"))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no names there, and links need a right")
def test_what_has_no_end_is_not_read_and_no_link_followed(tmp_path: Path) -> None:
    if sys.platform == "win32":
        return
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/dev/zero", tmp_path / "zero")
    os.symlink("nowhere", tmp_path / "broken")
    os.symlink("..", tmp_path / "up")
    found = dict(entries(tmp_path))
    assert found["pipe"] == UNREADABLE
    assert found["up"] == hashlib.sha256(b"..").hexdigest()
    assert len(set(found.values())) == 4
