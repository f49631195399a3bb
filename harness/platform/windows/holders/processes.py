"""Describe a process: the name of its program, and the product and company that made it.

No process is opened for it: an antivirus's own refuses even administrators, and to open others, such as
lsass, looks like an attack. Names come from one snapshot of all processes, the rest from the program's
version resource; the kernel tells its path by the process id. The path itself is never published: it may
name a person.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from ctypes import wintypes
from string import ascii_uppercase
from typing import Final

from harness.platform.base import Holder
from harness.platform.windows.win32.file_handles import INVALID_HANDLE, LONGEST_PATH, close
from harness.platform.windows.win32.library import (
    Handle,
    check,
    declare,
    failure,
    status_failure,
)

_SNAP_PROCESS: Final = 0x2  # tlhelp32.h
_PROCESS_ID_INFORMATION: Final = 88  # phnt, ntexapi.h: SystemProcessIdInformation
_SYSTEM_PROCESS: Final = 4
"""The process of the kernel and its drivers, on every Windows since XP."""

ID_INFORMATION: Final = struct.Struct("@PHHP")
"""``SYSTEM_PROCESS_ID_INFORMATION``: the id, then a UNICODE_STRING: bytes of its text, room, address."""


class ProcessEntry(ctypes.Structure):
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


_CreateToolhelp32Snapshot = declare("HANDLE kernel32.CreateToolhelp32Snapshot(DWORD, DWORD)")
_Process32FirstW = declare("BOOL kernel32.Process32FirstW(HANDLE, POINTER)")
_Process32NextW = declare("BOOL kernel32.Process32NextW(HANDLE, POINTER)")
_NtQuerySystemInformation = declare(
    "STATUS ntdll.NtQuerySystemInformation(INT, POINTER, DWORD, POINTER)"
)
_QueryDosDeviceW = declare("DWORD kernel32.QueryDosDeviceW(STR, POINTER, DWORD)")
_GetFileVersionInfoSizeW = declare("DWORD version.GetFileVersionInfoSizeW(STR, POINTER)")
_GetFileVersionInfoW = declare("BOOL version.GetFileVersionInfoW(STR, DWORD, DWORD, POINTER)")
_VerQueryValueW = declare("BOOL version.VerQueryValueW(POINTER, STR, POINTER, POINTER)")


def program_names() -> dict[int, str]:
    """The names of all running programs, such as ``MsMpEng.exe``, by process id."""
    return {process_id: program for process_id, program, _ in _snapshot()}


def parents() -> dict[int, int]:
    """The process that started each running one; it may have ended, and its id been used again."""
    return {process_id: parent for process_id, _, parent in _snapshot()}


def _snapshot() -> list[tuple[int, str, int]]:
    """The id, program and parent of every process."""
    snapshot = _CreateToolhelp32Snapshot(_SNAP_PROCESS, 0)
    if snapshot in {None, INVALID_HANDLE}:
        raise failure()
    try:
        return list(_entries(snapshot))
    finally:
        close(snapshot)


def _entries(snapshot: Handle) -> Iterator[tuple[int, str, int]]:
    entry = ProcessEntry(size=ctypes.sizeof(ProcessEntry))
    more = _Process32FirstW(snapshot, ctypes.byref(entry))
    while more:
        yield entry.process_id, entry.program, entry.parent_process_id
        more = _Process32NextW(snapshot, ctypes.byref(entry))


def holder(process_id: int, names: dict[int, str], found_by: str) -> Holder:
    """Describe a process as far as this user can read it."""
    if process_id == _SYSTEM_PROCESS:
        return Holder(process="System", product="a driver", company=None, found_by=found_by)
    name = names.get(process_id) or f"process {process_id}, which has ended"
    product, company = _made_by(process_id)
    return Holder(process=name, product=product, company=company, found_by=found_by)


def _made_by(process_id: int) -> tuple[str | None, str | None]:
    try:
        program = _program(process_id)
        return version_text(program, "ProductName"), version_text(program, "CompanyName")
    except OSError:  # gone, without a file of its own, or in a folder that is closed to this user
        return None, None


def _program(process_id: int) -> str:
    """Ask the kernel for the path of a process's program. Raises `OSError`; Wine cannot tell."""
    text = ctypes.create_unicode_buffer(LONGEST_PATH)
    room = 2 * LONGEST_PATH - 2
    asked = ID_INFORMATION.pack(process_id, 0, room, ctypes.addressof(text))
    answer = ctypes.create_string_buffer(asked)
    status = _NtQuerySystemInformation(_PROCESS_ID_INFORMATION, answer, ID_INFORMATION.size, None)
    if status:
        raise status_failure(status)
    return with_drive(text.value)


def with_drive(path: str) -> str:
    r"""Spell a path of the kernel, such as ``\Device\HarddiskVolume3\x``, with the letter of its drive.

    Raises `OSError` if no drive has it.
    """
    device = ctypes.create_unicode_buffer(LONGEST_PATH)
    for letter in ascii_uppercase:
        known = _QueryDosDeviceW(f"{letter}:", device, LONGEST_PATH)
        if known and path.startswith(f"{device.value}\\"):
            return f"{letter}:{path.removeprefix(device.value)}"
    raise OSError(0, "a volume without a letter")


def version_text(program: str, name: str) -> str | None:
    """A text of a program's version resource, such as ``ProductName``; ``None`` if it has none.

    Raises `OSError` if the program cannot be read, or has no such resource at all.
    """
    name_of_program = os.path.basename(program)
    size = check(_GetFileVersionInfoSizeW(program, None), name_of_program)
    block = ctypes.create_string_buffer(size)
    check(_GetFileVersionInfoW(program, 0, size, block), name_of_program)
    languages = _value(block, "\\VarFileInfo\\Translation")
    if languages is None or languages[1] < 4:  # noqa: PLR2004 - a language and a code page, two bytes each
        return None
    language, code_page = struct.unpack("<HH", ctypes.string_at(languages[0], 4))
    found = _value(block, f"\\StringFileInfo\\{language:04x}{code_page:04x}\\{name}")
    return None if found is None else ctypes.wstring_at(found[0]).strip() or None


def _value(block: ctypes.Array[ctypes.c_char], path: str) -> tuple[int, int] | None:
    """The address of a value of a version resource, and its length."""
    address = ctypes.c_void_p()
    length = wintypes.UINT()
    found = _VerQueryValueW(block, path, ctypes.byref(address), ctypes.byref(length))
    return (address.value, length.value) if found and address.value else None
