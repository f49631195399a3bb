"""Open files and directories, and close their handles."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from typing import Final

from harness.holds.handles import Access
from harness.platform.windows.win32.library import Handle, check, declare, failure

GENERIC_READ: Final = 0x80000000
GENERIC_WRITE: Final = 0x40000000
DELETE: Final = 0x00010000
FILE_READ_ATTRIBUTES: Final = 0x80
SYNCHRONIZE: Final = 0x00100000

FILE_SHARE_READ: Final = 1
FILE_SHARE_WRITE: Final = 2
FILE_SHARE_ALL: Final = 7

CREATE_NEW: Final = 1
CREATE_ALWAYS: Final = 2
OPEN_EXISTING: Final = 3
OPEN_ALWAYS: Final = 4

FILE_FLAG_BACKUP_SEMANTICS: Final = 0x02000000  # or a directory cannot be opened
FILE_FLAG_OPEN_REPARSE_POINT: Final = 0x00200000

INVALID_HANDLE: Final = ctypes.c_void_p(-1).value
LONGEST_PATH: Final = 32768

_CreateFileW = declare("HANDLE kernel32.CreateFileW(STR, DWORD, DWORD, POINTER, DWORD, DWORD, HANDLE)")
_CloseHandle = declare("BOOL kernel32.CloseHandle(HANDLE)")
_GetFinalPathNameByHandleW = declare(
    "DWORD kernel32.GetFinalPathNameByHandleW(HANDLE, POINTER, DWORD, DWORD)"
)
_DeviceIoControl = declare(
    "BOOL kernel32.DeviceIoControl(HANDLE, DWORD, BYTES, DWORD, POINTER, DWORD, POINTER, POINTER)"
)


_ACCESS: Final = {
    Access.READ: GENERIC_READ,
    Access.WRITE: GENERIC_WRITE,
    Access.DELETE: DELETE,
}


def desired_access(access: Access) -> int:
    """The access to ask ``CreateFileW`` for; attributes alone where nothing else is wanted."""
    wanted = sum(bits for part, bits in _ACCESS.items() if part in access)
    return wanted or FILE_READ_ATTRIBUTES | SYNCHRONIZE


def open_handle(
    path: str,
    access: int,
    share: int,
    disposition: int = OPEN_EXISTING,
    flags: int = 0,
    *,
    only_files: bool = False,
) -> Handle:
    """``CreateFileW``; directories too, unless `only_files`: then with the flags of the C runtime."""
    if not only_files:
        flags |= FILE_FLAG_BACKUP_SEMANTICS
    handle = _CreateFileW(path, access, share, None, disposition, flags, None)
    if handle in {None, INVALID_HANDLE}:
        raise failure(path)
    return int(handle)


def close(handle: Handle) -> None:
    """``CloseHandle``."""
    check(_CloseHandle(handle))


@contextmanager
def opened(
    path: str,
    access: int,
    share: int,
    disposition: int = OPEN_EXISTING,
    flags: int = 0,
    *,
    only_files: bool = False,
) -> Iterator[Handle]:
    """`open_handle`, closed at the end."""
    handle = open_handle(path, access, share, disposition, flags, only_files=only_files)
    try:
        yield handle
    finally:
        close(handle)


def final_path(handle: Handle) -> str:
    r"""``GetFinalPathNameByHandleW``: the present path of an open file, verbatim (``\\?\``)."""
    buffer = ctypes.create_unicode_buffer(LONGEST_PATH)
    check(_GetFinalPathNameByHandleW(handle, buffer, LONGEST_PATH, 0))
    return buffer.value


def device_control(handle: Handle, code: int, given: bytes, room: int) -> bytes:
    """``DeviceIoControl``: wait for the answer, of at most `room` bytes."""
    answer = ctypes.create_string_buffer(room)
    size = wintypes.DWORD()
    check(_DeviceIoControl(handle, code, given, len(given), answer, room, ctypes.byref(size), None))
    return answer.raw[: size.value]
