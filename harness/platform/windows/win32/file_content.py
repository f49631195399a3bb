"""Read, write, lock and map the bytes of an open file."""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Final

from harness.platform.windows.win32.file_handles import close
from harness.platform.windows.win32.library import Handle, check, declare

LOCKFILE_FAIL_IMMEDIATELY: Final = 1
LOCKFILE_EXCLUSIVE_LOCK: Final = 2
PAGE_READONLY: Final = 0x02
SEC_IMAGE: Final = 0x01000000
FILE_MAP_READ: Final = 0x04
FILE_END: Final = 2

_ReadFile = declare("BOOL kernel32.ReadFile(HANDLE, POINTER, DWORD, POINTER, POINTER)")
_WriteFile = declare("BOOL kernel32.WriteFile(HANDLE, BYTES, DWORD, POINTER, POINTER)")
_GetFileSizeEx = declare("BOOL kernel32.GetFileSizeEx(HANDLE, POINTER)")
_SetFilePointerEx = declare("BOOL kernel32.SetFilePointerEx(HANDLE, LONGLONG, POINTER, DWORD)")
_SetEndOfFile = declare("BOOL kernel32.SetEndOfFile(HANDLE)")
_LockFileEx = declare("BOOL kernel32.LockFileEx(HANDLE, DWORD, DWORD, DWORD, DWORD, POINTER)")
_CreateFileMappingW = declare(
    "HANDLE kernel32.CreateFileMappingW(HANDLE, POINTER, DWORD, DWORD, DWORD, STR)"
)
_MapViewOfFile = declare("POINTER kernel32.MapViewOfFile(HANDLE, DWORD, DWORD, DWORD, SIZE)")
_UnmapViewOfFile = declare("BOOL kernel32.UnmapViewOfFile(POINTER)")


class Overlapped(ctypes.Structure):
    """``OVERLAPPED``: the place in a file where a call works, and the event that is set at its end."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


def read_all(handle: Handle, path: str) -> bytes:
    """``ReadFile`` from the start to the end."""
    size = ctypes.c_int64()
    check(_GetFileSizeEx(handle, ctypes.byref(size)), path)
    buffer = ctypes.create_string_buffer(max(size.value, 1))
    done = wintypes.DWORD()
    check(_ReadFile(handle, buffer, size.value, ctypes.byref(done), None), path)
    return buffer.raw[: done.value]


def write_all(handle: Handle, content: bytes, path: str) -> None:
    """``WriteFile`` at the handle's place."""
    done = wintypes.DWORD()
    check(_WriteFile(handle, content, len(content), ctypes.byref(done), None), path)


def go_to_end(handle: Handle, path: str) -> None:
    """``SetFilePointerEx``: what is written next is appended."""
    check(_SetFilePointerEx(handle, 0, None, FILE_END), path)


def cut_here(handle: Handle, path: str) -> None:
    """``SetEndOfFile``: cut the file at the handle's place."""
    check(_SetEndOfFile(handle), path)


def lock_all(handle: Handle, path: str) -> None:
    """``LockFileEx``: lock all bytes for this handle alone, or fail at once. Closing unlocks."""
    where = Overlapped()
    flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY
    check(_LockFileEx(handle, flags, 0, 0xFFFFFFFF, 0x7FFFFFFF, ctypes.byref(where)), path)


def map_view(handle: Handle, path: str, *, image: bool) -> int:
    """Map an open file, as data or as the image of a program; return the view's address.

    The mapping outlives the file's handle; `unmap` ends it.
    """
    protection = PAGE_READONLY | (SEC_IMAGE if image else 0)
    mapping = check(_CreateFileMappingW(handle, None, protection, 0, 0, None), path)
    try:
        return int(check(_MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0), path))
    finally:
        close(mapping)


def unmap(view: int) -> None:
    """``UnmapViewOfFile``."""
    check(_UnmapViewOfFile(view))
