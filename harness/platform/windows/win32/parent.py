"""The process that started this one, and whether it still runs."""

from __future__ import annotations

from typing import Final

from harness.platform.windows.win32.file_handles import SYNCHRONIZE
from harness.platform.windows.win32.library import Handle, declare

WAIT_OBJECT_0: Final = 0

_OpenProcess = declare("HANDLE kernel32.OpenProcess(DWORD, BOOL, DWORD)")
_WaitForSingleObject = declare("DWORD kernel32.WaitForSingleObject(HANDLE, DWORD)")


def opened_process(process_id: int) -> Handle | None:
    """``OpenProcess``, to wait for its end; ``None`` if it has ended, or is not ours to ask."""
    return _OpenProcess(SYNCHRONIZE, False, process_id) or None


def has_ended(process: Handle) -> bool:
    """Whether a process has ended."""
    return bool(_WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
