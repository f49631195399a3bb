"""What a running process owns stays; what a killed one left is removed, and its lock file too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from filelock import Timeout

from harness.ownership import LOCK, clear_abandoned, owned, private_folder

OWNER = """
import sys
from pathlib import Path
from harness.ownership import owned

path = Path(sys.argv[1])
with owned(path):
    if sys.argv[2] == "made":
        path.mkdir()
        (path / "file").write_text("content")
    print("ready", flush=True)
    sys.stdin.read()
"""


def owner(path: Path, state: str) -> subprocess.Popen[str]:
    """Start a process that owns `path` until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("state", ["made", "not made yet"])
def test_what_a_process_owns_is_left_alone_until_it_is_killed(tmp_path: Path, state: str) -> None:
    with owner(tmp_path / "work-1", state) as process:
        before = names(tmp_path)
        clear_abandoned(tmp_path, "work-*", shutil.rmtree)
        assert names(tmp_path) == before
        assert f"work-1{LOCK}" in before
        process.kill()
    clear_abandoned(tmp_path, "work-*", lambda path: shutil.rmtree(path, ignore_errors=True))
    assert names(tmp_path) == []


def test_an_owner_that_ends_leaves_no_lock_file(tmp_path: Path) -> None:
    with owned(tmp_path / "work"):
        assert names(tmp_path) == [f"work{LOCK}"]
    assert names(tmp_path) == []


def test_what_has_an_owner_gets_no_other(tmp_path: Path) -> None:
    with owner(tmp_path / "work", "made") as process:
        with pytest.raises(Timeout), owned(tmp_path / "work"):
            pass
        process.kill()


def test_only_what_the_pattern_finds_is_removed(tmp_path: Path) -> None:
    for name in ("work-1", "work-2", "other"):
        (tmp_path / name).mkdir()
    clear_abandoned(tmp_path, "work-*", shutil.rmtree)
    assert names(tmp_path) == ["other"]


def test_what_cannot_be_removed_stays_and_keeps_no_other_from_it(tmp_path: Path) -> None:
    for name in ("work-1", "work-2"):
        (tmp_path / name).mkdir()

    def remove(path: Path) -> None:
        if path.name == "work-1":
            raise PermissionError
        path.rmdir()

    clear_abandoned(tmp_path, "work-*", remove)
    assert names(tmp_path) == ["work-1"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user's folder"
)
def test_what_is_another_users_stays(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    shutil.chown(tmp_path / "work", 12345, 12345)
    clear_abandoned(tmp_path, "work", shutil.rmtree)
    assert names(tmp_path) == ["work"]


def test_a_new_folder_whose_lock_is_taken_in_that_moment_gets_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [uuid.UUID(int=number << 80) for number in (1, 2)]
    taken, free = (tmp_path / f"mine-{name.hex[:12]}" for name in names)
    drawn = iter(names)
    monkeypatch.setattr(uuid, "uuid4", lambda: next(drawn))
    with owned(taken), private_folder(tmp_path, "mine-", shutil.rmtree, shutil.rmtree) as folder:
        assert folder == free
