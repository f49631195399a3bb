"""Renames and deletes one level above the kernel, and what they leave behind."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from ctypes import wintypes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from win32_files_lab import (
    error_of,
    held,
    needs_posix,
    on_wine,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.win32 import file_content, file_handles, file_names
from harness.platform.windows.windows_files import WindowsFileSystem, verbatim
from harness.winerror import (
    ALREADY_EXISTS,
    INVALID_PARAMETER,
    SHARING_VIOLATION,
)

INVALID_FUNCTION = 1
STATUS_NOT_IMPLEMENTED = 0xC0000002
NAMES = st.text(st.characters(exclude_characters='\0<>:"/\\|?*', exclude_categories=["Cc"]), min_size=1)


def _posix_rename(source: str, target: str) -> None:
    made_by = WindowsFileSystem(lambda *_: None).rename(source, target, "posix-rename")
    assert made_by == "FileRenameInfoEx"


def _posix_delete(path: str) -> None:
    WindowsFileSystem(lambda *_: None).delete_file(path, "posix-delete")


# FILE_RENAME_INFO of winbase.h, as the SDK lays it out
class FileRenameInfo(ctypes.Structure):
    _fields_ = (
        ("flags", wintypes.DWORD),
        ("root", wintypes.HANDLE),
        ("length", wintypes.DWORD),
        ("name", wintypes.WCHAR * 1),
    )


# Windows drops dots and spaces at the end, and finds devices in short names; those are not asked for.
PARTS = st.lists(NAMES.map(lambda name: f"-{name}-"), min_size=1, max_size=5)


@needs_posix
@pytest.mark.parametrize("rename", [_posix_rename, other_calls.nt_rename])
def test_a_posix_rename_replaces_a_file_that_somebody_goes_on_reading(
    rename: Callable[[str, str], None], source: Path, target: Path
) -> None:
    with held(target, file_handles.FILE_SHARE_ALL) as handle:
        rename(str(source), str(target))
        assert target.read_bytes() == b"new"
        assert file_content.read_all(handle, "") == b"old"
    assert not source.exists()


@needs_posix
@pytest.mark.parametrize("delete", [_posix_delete, other_calls.nt_delete])
def test_after_a_posix_delete_the_name_is_free_while_the_file_is_open(
    delete: Callable[[str], None], target: Path
) -> None:
    with held(target, file_handles.FILE_SHARE_ALL) as handle:
        delete(str(target))
        target.mkdir()
        assert file_content.read_all(handle, "") == b"old"


NOT_THERE = {(INVALID_PARAMETER, None), (INVALID_FUNCTION, STATUS_NOT_IMPLEMENTED)}
"""What Wine 8 answers to a class that it lacks, and with which NTSTATUS; Wine 10 has some of them."""


@on_wine
@pytest.mark.parametrize("rename", [_posix_rename, other_calls.nt_rename])
def test_wine_renames_by_a_handle_or_says_that_it_cannot(
    rename: Callable[[str, str], None], source: Path, target: Path
) -> None:
    error = error_of(rename, source, target)
    if error is None:
        assert target.read_bytes() == b"new"
        assert not source.exists()
    else:
        assert (error.winerror, other_calls.ntstatus_of(error)) in NOT_THERE
        assert (error.filename, error.filename2) == (str(source), str(target))
        assert (source.read_bytes(), target.read_bytes()) == (b"new", b"old")


@on_wine
@pytest.mark.parametrize("delete", [_posix_delete, other_calls.nt_delete])
def test_wine_deletes_by_a_handle_or_says_that_it_cannot(
    delete: Callable[[str], None], target: Path
) -> None:
    error = error_of(delete, target)
    if error is not None:
        assert (error.winerror, other_calls.ntstatus_of(error)) in NOT_THERE
        assert error.filename == str(target)
    assert target.exists() == (error is not None)


@pytest.mark.parametrize("rename", [_posix_rename, other_calls.nt_rename])
def test_a_posix_rename_opens_its_source_for_deletion(
    rename: Callable[[str, str], None], source: Path, target: Path
) -> None:
    with held(source, file_handles.FILE_SHARE_READ | file_handles.FILE_SHARE_WRITE):
        assert refusal(rename, source, target).winerror == SHARING_VIOLATION


@given(NAMES, st.integers(0, 0xFFFFFFFF))
def test_a_rename_is_laid_out_as_the_sdk_says(name: str, flags: int) -> None:
    info = file_names.rename_info(name, flags)
    assert len(info) >= ctypes.sizeof(FileRenameInfo)
    head = FileRenameInfo.from_buffer_copy(info)
    assert (head.flags, head.root) == (flags, None)
    begin = FileRenameInfo.name.offset
    assert info[begin : begin + head.length].decode("utf-16-le", "surrogatepass") == name
    assert info[begin + head.length :] == b"\0\0"


def test_a_rename_replaces_with_posix_semantics_unless_told_otherwise() -> None:
    # FILE_RENAME_REPLACE_IF_EXISTS 1 and FILE_RENAME_POSIX_SEMANTICS 2 (ntifs.h)
    assert FileRenameInfo.from_buffer_copy(file_names.rename_info("C:\\x")).flags == 3


@given(PARTS, st.sampled_from(["C:", "\\\\server\\share"]))
def test_the_kernel_knows_a_plain_path_and_a_verbatim_one_by_the_same_name(
    parts: list[str], root: str
) -> None:
    plain = "\\".join([root, *parts])
    named = other_calls.nt_path(plain)
    assert named == "\\??\\" + plain.replace("\\\\server", "UNC\\server")
    assert other_calls.nt_path(verbatim(plain)) == named


def test_a_marked_file_is_gone_when_its_handle_is_closed(target: Path) -> None:
    with file_handles.opened(str(target), file_handles.DELETE, file_handles.FILE_SHARE_ALL) as handle:
        file_names.mark_for_deletion(handle)
    assert not target.exists()


def test_a_directory_is_made_once(folder: Path) -> None:
    file_names.create_directory(str(folder / "neu 新"))
    assert (folder / "neu 新").is_dir()
    assert refusal(file_names.create_directory, folder / "neu 新").winerror == ALREADY_EXISTS


pytest_plugins = ("win32_fixtures",)
