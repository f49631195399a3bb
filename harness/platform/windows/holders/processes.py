"""What may be told of a process: its program's name, and the product and company that made it.

Names come from one snapshot of all processes, which needs no right to any of them; the rest is read
from the program's version resource, where this user may know the program's path. The path itself is
never given away: it may name a person.
"""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import wintypes
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    raise ImportError("processes of Windows")

from harness.platform.base import Holder
from harness.platform.windows import win32

if TYPE_CHECKING:
    from collections.abc import Iterator

_POINTER = ctypes.c_void_p
_version = ctypes.WinDLL("version", use_last_error=True)

# tlhelp32.h, winnt.h
_SNAP_PROCESS: Final = 0x2
_QUERY_LIMITED_INFORMATION: Final = 0x1000
_PATH_ROOM: Final = 32768


class _ProcessEntry(ctypes.Structure):
    """``PROCESSENTRY32W``."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("usage", wintypes.DWORD),
        ("process_id", wintypes.DWORD),
        ("default_heap_id", ctypes.c_size_t),
        ("module_id", wintypes.DWORD),
        ("threads", wintypes.DWORD),
        ("parent_process_id", wintypes.DWORD),
        ("base_priority", wintypes.LONG),
        ("flags", wintypes.DWORD),
        ("program", wintypes.WCHAR * 260),
    )


_CreateToolhelp32Snapshot = win32.declare(
    win32.kernel32, "CreateToolhelp32Snapshot", wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD
)
_Process32FirstW = win32.declare(
    win32.kernel32, "Process32FirstW", wintypes.BOOL, wintypes.HANDLE, _POINTER
)
_Process32NextW = win32.declare(
    win32.kernel32, "Process32NextW", wintypes.BOOL, wintypes.HANDLE, _POINTER
)
_OpenProcess = win32.declare(
    win32.kernel32,
    "OpenProcess",
    wintypes.HANDLE,
    *(wintypes.DWORD, wintypes.BOOL, wintypes.DWORD),
)
_QueryFullProcessImageNameW = win32.declare(
    win32.kernel32,
    "QueryFullProcessImageNameW",
    wintypes.BOOL,
    *(wintypes.HANDLE, wintypes.DWORD, wintypes.LPWSTR, _POINTER),
)
_GetFileVersionInfoSizeW = win32.declare(
    _version, "GetFileVersionInfoSizeW", wintypes.DWORD, wintypes.LPCWSTR, _POINTER
)
_GetFileVersionInfoW = win32.declare(
    _version,
    "GetFileVersionInfoW",
    wintypes.BOOL,
    *(wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, _POINTER),
)
_VerQueryValueW = win32.declare(
    _version, "VerQueryValueW", wintypes.BOOL, _POINTER, wintypes.LPCWSTR, _POINTER, _POINTER
)


def open_process(process_id: int, access: int) -> win32.Handle:
    """``OpenProcess``; close the handle with `win32.close`."""
    handle = _OpenProcess(access, False, process_id)
    if not handle:
        raise win32.failure()
    return int(handle)


def program_names() -> dict[int, str]:
    """The names of all running programs, such as ``MsMpEng.exe``, by process id."""
    snapshot = _CreateToolhelp32Snapshot(_SNAP_PROCESS, 0)
    if snapshot in {None, ctypes.c_void_p(-1).value}:
        raise win32.failure()
    try:
        return dict(_entries(snapshot))
    finally:
        win32.close(snapshot)


def _entries(snapshot: win32.Handle) -> Iterator[tuple[int, str]]:
    entry = _ProcessEntry(size=ctypes.sizeof(_ProcessEntry))
    more = _Process32FirstW(snapshot, ctypes.byref(entry))
    while more:
        yield entry.process_id, entry.program
        more = _Process32NextW(snapshot, ctypes.byref(entry))


def holder(process_id: int, names: dict[int, str], found_by: str) -> Holder:
    """Describe a process by what this user can read of it; one that has ended keeps its number."""
    name = names.get(process_id) or f"process {process_id}, which has ended"
    product, company = _made_by(process_id)
    return Holder(process=name, product=product, company=company, found_by=found_by)


def _made_by(process_id: int) -> tuple[str | None, str | None]:
    try:
        program = _program(process_id)
        return version_text(program, "ProductName"), version_text(program, "CompanyName")
    except OSError:  # protected, another user's, packaged, or gone
        return None, None


def _program(process_id: int) -> str:
    process = open_process(process_id, _QUERY_LIMITED_INFORMATION)
    try:
        room = wintypes.DWORD(_PATH_ROOM)
        path = ctypes.create_unicode_buffer(_PATH_ROOM)
        if not _QueryFullProcessImageNameW(process, 0, path, ctypes.byref(room)):
            raise win32.failure()
        return path.value
    finally:
        win32.close(process)


def version_text(program: str, name: str) -> str | None:
    """A text of a program's version resource, such as ``ProductName``; ``None`` if it has none.

    Raises ``OSError`` if the program cannot be read, or has no such resource at all.
    """
    size = _GetFileVersionInfoSizeW(program, None)
    if not size:
        raise win32.failure(os.path.basename(program))
    block = ctypes.create_string_buffer(size)
    if not _GetFileVersionInfoW(program, 0, size, block):
        raise win32.failure(os.path.basename(program))
    languages = _value(block, "\\VarFileInfo\\Translation")
    if languages is None or languages[1] < 4:  # noqa: PLR2004 - a language and a code page, two bytes each
        return None
    language = int.from_bytes(ctypes.string_at(languages[0], 2), "little")
    code_page = int.from_bytes(ctypes.string_at(languages[0] + 2, 2), "little")
    found = _value(block, f"\\StringFileInfo\\{language:04x}{code_page:04x}\\{name}")
    return None if found is None else ctypes.wstring_at(found[0]).strip() or None


def _value(block: ctypes.Array[ctypes.c_char], path: str) -> tuple[int, int] | None:
    """Where a value of a version resource is in memory, and its length."""
    place = ctypes.c_void_p()
    length = wintypes.UINT()
    found = _VerQueryValueW(block, path, ctypes.byref(place), ctypes.byref(length))
    return (place.value, length.value) if found and place.value else None
