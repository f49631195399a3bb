"""Calls of Windows that no persist makes, to try rules and to compare with."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

from harness.platform.windows.win32.file_names import (
    DISPOSITION_DELETE_POSIX,
    opened_to_change,
    rename_info,
)
from harness.platform.windows.win32.library import Handle, declare, failure, status_failure

FILE_SHARE_DELETE: Final = 4
FILE_FLAG_OVERLAPPED: Final = 0x40000000
FILE_FLAG_DELETE_ON_CLOSE: Final = 0x04000000
NT_FILE_DISPOSITION_INFORMATION_EX: Final = 64  # classes of NtSetInformationFile
NT_FILE_RENAME_INFORMATION_EX: Final = 65
INVALID_FILE_ATTRIBUTES: Final = 0xFFFFFFFF

_GetFileAttributesW = declare("DWORD kernel32.GetFileAttributesW(STR)")
_CancelIo = declare("BOOL kernel32.CancelIo(HANDLE)")
_NtSetInformationFile = declare("STATUS ntdll.NtSetInformationFile(HANDLE, POINTER, BYTES, STATUS, INT)")


class _IoStatusBlock(ctypes.Structure):
    _fields_ = (("status", ctypes.c_void_p), ("information", ctypes.c_void_p))


def ntstatus_of(error: OSError) -> int | None:
    """The kernel's status behind an error, if there was one."""
    return getattr(error, "ntstatus", None)


def get_attributes(path: str) -> int:
    """``GetFileAttributesW``."""
    attributes = int(_GetFileAttributesW(path))
    if attributes == INVALID_FILE_ATTRIBUTES:
        raise failure(path)
    return attributes


def nt_rename(source: str, target: str) -> None:
    """``NtSetInformationFile(FileRenameInformationEx)``: a POSIX rename one level below."""
    info = rename_info(nt_path(target))
    with opened_to_change(source) as handle:
        _nt_set(handle, NT_FILE_RENAME_INFORMATION_EX, info, source, target)


def nt_delete(path: str) -> None:
    """``NtSetInformationFile(FileDispositionInformationEx)``: a POSIX delete one level below."""
    with opened_to_change(path) as handle:
        info = struct.pack("=I", DISPOSITION_DELETE_POSIX)
        _nt_set(handle, NT_FILE_DISPOSITION_INFORMATION_EX, info, path)


def _nt_set(handle: Handle, kind: int, info: bytes, path: str, path2: str | None = None) -> None:
    block = _IoStatusBlock()
    status = _NtSetInformationFile(handle, ctypes.byref(block), info, len(info), kind)
    if status:
        raise status_failure(status, path, path2)


def nt_path(path: str) -> str:
    r"""Spell an absolute path as the kernel's object manager does: ``\??\C:\…``."""
    bare = path.removeprefix("\\\\?\\")
    if bare.startswith("\\\\"):
        return "\\??\\UNC" + bare[1:]
    return "\\??\\" + bare


def cancel_io(handle: Handle) -> None:
    """``CancelIo``: give up what this thread asked of the handle and is not done."""
    _CancelIo(handle)


SYSTEM_EXTENDED_HANDLE_INFORMATION: Final = 64  # ntdll; its structures are those of phnt, ntexapi.h
STATUS_INFO_LENGTH_MISMATCH: Final = 0xC0000004  # ntstatus.h
_ENTRY: Final = struct.Struct("@PPPIHHII")
"""Object, process id, handle, access, back trace, type, attributes, reserved."""
_NtQuerySystemInformation = declare(
    "STATUS ntdll.NtQuerySystemInformation(INT, POINTER, DWORD, POINTER)"
)


def handles_of_this_process() -> int:
    """As the kernel lists them (Wine's ``GetProcessHandleCount`` counts nothing)."""
    room, status = 1 << 20, STATUS_INFO_LENGTH_MISMATCH
    while status == STATUS_INFO_LENGTH_MISMATCH and room < 1 << 28:
        room *= 4
        buffer = ctypes.create_string_buffer(room)
        status = _NtQuerySystemInformation(SYSTEM_EXTENDED_HANDLE_INFORMATION, buffer, room, None)
    if status:
        raise status_failure(status)
    head = struct.Struct("@PP")  # their number, reserved
    (count, _) = head.unpack_from(buffer)
    entries = memoryview(buffer)[head.size : head.size + count * _ENTRY.size]
    return sum(entry[1] == os.getpid() for entry in _ENTRY.iter_unpack(entries))
