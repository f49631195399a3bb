"""The emulated primitives do real work on real files, and refuse what Windows refuses without holds."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import SHARE_ALL, SHARE_NAMES, Hold, Share
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.strategy.file_calls import RenamePrimitive

COST_NS = 300_000


@pytest.fixture
def files(table: LockTable) -> EmulatedFileSystem:
    return EmulatedFileSystem(VirtualClock(), table, call_cost_ns=COST_NS)


def refusal(call: Callable[[], object]) -> OSError:
    """Make a call that must be refused with a Win32 code."""
    with pytest.raises(OSError) as refused:  # noqa: PT011 - whichever; its code is what counts
        call()
    assert winerror_of(refused.value) is not None
    return refused.value


def hold(table: LockTable, path: Path, *, start_ms: float = 0, locks_bytes: bool = False) -> None:
    share = SHARE_ALL if locks_bytes else Share.NONE
    starts_ns = round(start_ms * NS_PER_MS)
    table.schedule_hold(
        Hold("source", str(path), share=share, starts_ns=starts_ns, locks_bytes=locks_bytes), 0
    )


# what succeeds


@pytest.mark.parametrize("primitive", ["move-replace", "posix-rename", "replace-file"])
def test_a_replace_puts_the_new_bytes_under_the_old_name(
    files: EmulatedFileSystem, new_file: Path, old_file: Path, primitive: RenamePrimitive
) -> None:
    files.rename(str(new_file), str(old_file), primitive)
    assert old_file.read_bytes() == b"new"
    assert not new_file.exists()


def test_a_copy_leaves_its_source_and_overwrites_its_target(
    files: EmulatedFileSystem, new_file: Path, old_file: Path
) -> None:
    files.copy_file(str(new_file), str(old_file))
    assert (new_file.read_bytes(), old_file.read_bytes()) == (b"new", b"new")


def test_a_hard_link_is_another_name_of_the_same_file(
    files: EmulatedFileSystem, new_file: Path, tmp_path: Path
) -> None:
    files.create_hard_link(str(new_file), str(tmp_path / "link"))
    assert new_file.samefile(tmp_path / "link")


def test_a_rewrite_leaves_exactly_the_new_bytes(files: EmulatedFileSystem, new_file: Path) -> None:
    files.rewrite_file(str(new_file), b"x")
    assert new_file.read_bytes() == b"x"


def test_reading_gives_the_bytes(files: EmulatedFileSystem, new_file: Path) -> None:
    assert files.read_file(str(new_file)) == b"new"


def test_an_empty_directory_is_removed(files: EmulatedFileSystem, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    files.remove_directory(str(tmp_path / "folder"))
    assert not (tmp_path / "folder").exists()


def test_every_call_costs_the_same_time(files: EmulatedFileSystem, new_file: Path) -> None:
    files.read_file(str(new_file))
    files.rename(str(new_file), f"{new_file}-moved", "move")
    refusal(lambda: files.delete_file(str(new_file)))
    assert files.clock.now_ns() == 3 * COST_NS


# what is refused without anybody holding anything


@pytest.mark.parametrize("primitive", ["move", "move-replace", "posix-rename", "replace-file"])
def test_a_source_that_is_missing_is_not_found(
    files: EmulatedFileSystem, tmp_path: Path, old_file: Path, primitive: RenamePrimitive
) -> None:
    error = refusal(lambda: files.rename(str(tmp_path / "missing"), str(old_file), primitive))
    assert winerror_of(error) == 2
    assert old_file.read_bytes() == b"old"


@pytest.mark.parametrize("primitive", ["move", "move-replace", "posix-rename"])
def test_a_target_in_a_folder_that_is_missing_is_no_path(
    files: EmulatedFileSystem, new_file: Path, tmp_path: Path, primitive: RenamePrimitive
) -> None:
    error = refusal(lambda: files.rename(str(new_file), str(tmp_path / "no" / "file"), primitive))
    assert winerror_of(error) == 3
    assert new_file.exists()


def test_replace_file_needs_a_file_to_replace(
    files: EmulatedFileSystem, new_file: Path, tmp_path: Path
) -> None:
    error = refusal(lambda: files.rename(str(new_file), str(tmp_path / "no"), "replace-file"))
    assert winerror_of(error) == 2


def test_a_hard_link_does_not_replace_a_name_that_is_taken(
    files: EmulatedFileSystem, new_file: Path, old_file: Path
) -> None:
    """ERROR_ALREADY_EXISTS, as CreateHardLinkW documents."""
    error = refusal(lambda: files.create_hard_link(str(new_file), str(old_file)))
    assert winerror_of(error) == 183
    assert old_file.read_bytes() == b"old"


def test_a_file_is_not_made_where_one_is(files: EmulatedFileSystem, old_file: Path) -> None:
    assert winerror_of(refusal(lambda: files.create_file(str(old_file), b"new"))) == 80
    assert old_file.read_bytes() == b"old"


def test_a_new_file_has_its_content_whoever_holds_the_folder(
    files: EmulatedFileSystem, table: LockTable, tmp_path: Path
) -> None:
    """Unlike a rename, which opens the folder to add a name to it (the row on target parents)."""
    folder, new_file = tmp_path / "held", tmp_path / "source"
    folder.mkdir()
    new_file.touch()
    table.schedule_hold(Hold("target-parent", str(folder), share=SHARE_NAMES["r"]), 0)
    assert winerror_of(refusal(lambda: files.rename(str(new_file), str(folder / "moved"), "move"))) == 32
    files.create_file(str(folder / "made"), b"content")
    assert (folder / "made").read_bytes() == b"content"


def test_a_file_is_not_made_in_a_folder_that_is_not_there(
    files: EmulatedFileSystem, tmp_path: Path
) -> None:
    assert winerror_of(refusal(lambda: files.create_file(str(tmp_path / "no" / "file"), b""))) == 3


def test_a_directory_cannot_be_deleted_as_a_file(files: EmulatedFileSystem, tmp_path: Path) -> None:
    assert winerror_of(refusal(lambda: files.delete_file(str(tmp_path)))) == 5


def test_a_read_only_file_can_be_read_but_not_rewritten_or_deleted(
    files: EmulatedFileSystem, new_file: Path
) -> None:
    new_file.chmod(0o400)
    assert files.read_file(str(new_file)) == b"new"
    assert winerror_of(refusal(lambda: files.rewrite_file(str(new_file), b"x"))) == 5
    assert winerror_of(refusal(lambda: files.delete_file(str(new_file)))) == 5
    assert new_file.read_bytes() == b"new"


# how it is refused


def test_a_refusal_is_the_error_that_python_raises_on_windows(
    files: EmulatedFileSystem, table: LockTable, new_file: Path, old_file: Path
) -> None:
    hold(table, new_file)
    error = refusal(lambda: files.rename(str(new_file), str(old_file), "move-replace"))
    assert isinstance(error, PermissionError)
    assert (error.errno, winerror_of(error)) == (errno.EACCES, 32)
    assert (error.filename, error.filename2) == (str(new_file), str(old_file))


def test_an_error_of_the_machine_itself_carries_no_win32_code(
    files: EmulatedFileSystem, new_file: Path
) -> None:
    """Nothing in the rules of Windows caused it, so it must not look as if they had."""
    with pytest.raises(OSError, match="too long") as raised:
        files.copy_file(str(new_file), str(new_file.with_name("x" * 5000)))
    assert winerror_of(raised.value) is None


def test_a_byte_lock_before_a_rewrite_leaves_an_empty_file(
    files: EmulatedFileSystem, table: LockTable, new_file: Path
) -> None:
    """Truncating ignores the lock, writing does not: how uv#21905 can lose a RECORD."""
    hold(table, new_file, locks_bytes=True)
    assert winerror_of(refusal(lambda: files.rewrite_file(str(new_file), b"x"))) == 33
    assert new_file.read_bytes() == b""


def test_a_hold_that_begins_after_a_call_has_begun_is_not_in_its_way(
    files: EmulatedFileSystem, table: LockTable, new_file: Path
) -> None:
    hold(table, new_file, start_ms=0.1)
    files.read_file(str(new_file))
    assert winerror_of(refusal(lambda: files.read_file(str(new_file)))) == 32
    assert os.path.exists(new_file)


pytest_plugins = ("emulated_fixtures",)
