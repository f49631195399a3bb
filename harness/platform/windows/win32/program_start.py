"""Start a program, suspended, and end it: the system opens and maps it, and none of its code runs."""

from __future__ import annotations

import ctypes
import struct
from typing import Final

from harness.platform.windows.win32.file_handles import close
from harness.platform.windows.win32.jobs import CREATE_NO_WINDOW, CREATE_SUSPENDED
from harness.platform.windows.win32.library import check, declare
from harness.platform.windows.win32.waiting import wait_for

STARTUP_INFO: Final = struct.Struct("@IPPPIIIIIIIIHHPPPP")
"""``STARTUPINFOW``; its first value is its size in bytes."""
PROCESS_INFORMATION: Final = struct.Struct("@PPII")
"""``PROCESS_INFORMATION``: the handles of the process and its thread, then their numbers."""

_CreateProcessW = declare(
    "BOOL kernel32.CreateProcessW"
    "(STR, POINTER, POINTER, POINTER, BOOL, DWORD, POINTER, STR, BYTES, POINTER)"
)
_TerminateProcess = declare("BOOL kernel32.TerminateProcess(HANDLE, DWORD)")


def start_and_end(path: str) -> None:
    """``CreateProcessW``, suspended; then ``TerminateProcess``, and wait until it has ended."""
    startup = STARTUP_INFO.pack(STARTUP_INFO.size, *[0] * 17)
    made = ctypes.create_string_buffer(PROCESS_INFORMATION.size)
    flags = CREATE_SUSPENDED | CREATE_NO_WINDOW
    check(_CreateProcessW(path, None, None, None, False, flags, None, None, startup, made), path)
    process, thread, _, _ = PROCESS_INFORMATION.unpack(made.raw)
    try:
        check(_TerminateProcess(process, 0), path)
        wait_for(process)  # until then the file is mapped
    finally:
        close(thread)
        close(process)
