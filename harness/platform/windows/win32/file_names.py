"""Rename, delete, link and copy files, and set their attributes."""

from __future__ import annotations

import struct
from contextlib import AbstractContextManager
from typing import Final

from harness.platform.windows.win32.file_handles import (
    DELETE,
    FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_SHARE_ALL,
    opened,
)
from harness.platform.windows.win32.library import Handle, check, declare

FILE_ATTRIBUTE_READONLY: Final = 0x1
FILE_ATTRIBUTE_NORMAL: Final = 0x80
FILE_ATTRIBUTE_TEMPORARY: Final = 0x100
MOVEFILE_REPLACE_EXISTING: Final = 1
FILE_DISPOSITION_INFO: Final = 4  # classes of SetFileInformationByHandle
FILE_DISPOSITION_INFO_EX: Final = 21
FILE_RENAME_INFO_EX: Final = 22
RENAME_REPLACE_POSIX: Final = 0x1 | 0x2  # FILE_RENAME_REPLACE_IF_EXISTS | _POSIX_SEMANTICS
DISPOSITION_DELETE_POSIX: Final = 0x1 | 0x2  # FILE_DISPOSITION_DELETE | _POSIX_SEMANTICS
RENAME_INFO: Final = struct.Struct("@IPI")
"""``FILE_RENAME_INFO`` up to its name, which has no fixed length: flags, folder, bytes of the name."""

_MoveFileExW = declare("BOOL kernel32.MoveFileExW(STR, STR, DWORD)")
_ReplaceFileW = declare("BOOL kernel32.ReplaceFileW(STR, STR, STR, DWORD, POINTER, POINTER)")
_SetFileAttributesW = declare("BOOL kernel32.SetFileAttributesW(STR, DWORD)")
_DeleteFileW = declare("BOOL kernel32.DeleteFileW(STR)")
_CreateDirectoryW = declare("BOOL kernel32.CreateDirectoryW(STR, POINTER)")
_RemoveDirectoryW = declare("BOOL kernel32.RemoveDirectoryW(STR)")
_CreateHardLinkW = declare("BOOL kernel32.CreateHardLinkW(STR, STR, POINTER)")
_CopyFileExW = declare("BOOL kernel32.CopyFileExW(STR, STR, POINTER, POINTER, POINTER, DWORD)")
_SetFileInformationByHandle = declare(
    "BOOL kernel32.SetFileInformationByHandle(HANDLE, DWORD, BYTES, DWORD)"
)


def move(source: str, target: str, flags: int) -> None:
    """``MoveFileExW``."""
    check(_MoveFileExW(source, target, flags), source, target)


def replace_file(target: str, replacement: str) -> None:
    """``ReplaceFileW`` without a backup."""
    check(_ReplaceFileW(target, replacement, None, 0, None, None), replacement, target)


def rename_info(target: str, flags: int = RENAME_REPLACE_POSIX) -> bytes:
    """``FILE_RENAME_INFO`` without a folder, for the name of a target."""
    name = target.encode("utf-16-le", "surrogatepass")
    return RENAME_INFO.pack(flags, 0, len(name)) + name + b"\0\0"


def opened_to_change(path: str) -> AbstractContextManager[Handle]:
    """Open for renaming or deleting as Rust's ``std::fs`` does: sharing all, not following links."""
    return opened(path, DELETE, FILE_SHARE_ALL, flags=FILE_FLAG_OPEN_REPARSE_POINT)


def rename_by_handle(source: str, target: str) -> None:
    """``SetFileInformationByHandle(FileRenameInfoEx)`` with POSIX semantics, replacing."""
    info = rename_info(target)
    with opened_to_change(source) as handle:
        done = _SetFileInformationByHandle(handle, FILE_RENAME_INFO_EX, info, len(info))
        check(done, source, target)


def set_attributes(path: str, attributes: int) -> None:
    """``SetFileAttributesW``."""
    check(_SetFileAttributesW(path, attributes), path)


def delete_file(path: str) -> None:
    """``DeleteFileW``."""
    check(_DeleteFileW(path), path)


def posix_delete(path: str) -> None:
    """``SetFileInformationByHandle(FileDispositionInfoEx)``: the name goes at once."""
    info = struct.pack("=I", DISPOSITION_DELETE_POSIX)
    with opened_to_change(path) as handle:
        check(_SetFileInformationByHandle(handle, FILE_DISPOSITION_INFO_EX, info, len(info)), path)


def mark_for_deletion(handle: Handle, path: str | None = None) -> None:
    """``SetFileInformationByHandle(FileDispositionInfo)``: gone when its last handle is closed."""
    check(_SetFileInformationByHandle(handle, FILE_DISPOSITION_INFO, b"\1", 1), path)


def classic_delete(path: str) -> None:
    """``SetFileInformationByHandle(FileDispositionInfo)``: the name goes with the last open handle.

    ``DeleteFileW`` and ``RemoveDirectoryW`` did this until Windows 10 1809.
    """
    with opened_to_change(path) as handle:
        mark_for_deletion(handle, path)


def create_directory(path: str) -> None:
    """``CreateDirectoryW``."""
    check(_CreateDirectoryW(path, None), path)


def remove_directory(path: str) -> None:
    """``RemoveDirectoryW``."""
    check(_RemoveDirectoryW(path), path)


def create_hard_link(source: str, link: str) -> None:
    """``CreateHardLinkW``."""
    check(_CreateHardLinkW(link, source, None), source, link)


def copy_file(source: str, target: str) -> None:
    """``CopyFileExW``, replacing the target."""
    check(_CopyFileExW(source, target, None, None, None, 0), source, target)
