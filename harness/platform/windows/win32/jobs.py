"""Start processes that end with this one: creation flags and jobs."""

from __future__ import annotations

import ctypes
import struct
from typing import Final

from harness.platform.windows.win32.library import Handle, check, declare, status_failure

CREATE_SUSPENDED: Final = 0x4
CREATE_NEW_PROCESS_GROUP: Final = 0x200
CREATE_NO_WINDOW: Final = 0x08000000
JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: Final = 0x2000
JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION: Final = 1
JOB_OBJECT_EXTENDED_LIMIT_INFORMATION: Final = 9

_CreateJobObjectW = declare("HANDLE kernel32.CreateJobObjectW(POINTER, STR)")
_SetInformationJobObject = declare("BOOL kernel32.SetInformationJobObject(HANDLE, INT, BYTES, DWORD)")
_AssignProcessToJobObject = declare("BOOL kernel32.AssignProcessToJobObject(HANDLE, HANDLE)")
_TerminateJobObject = declare("BOOL kernel32.TerminateJobObject(HANDLE, DWORD)")
_QueryInformationJobObject = declare(
    "BOOL kernel32.QueryInformationJobObject(HANDLE, INT, POINTER, DWORD, POINTER)"
)
_NtResumeProcess = declare("STATUS ntdll.NtResumeProcess(HANDLE)")

LIMITS: Final = struct.Struct("@qqIPPIPII6Q4P")
"""``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``; its third value is ``LimitFlags``."""
ACCOUNTING: Final = struct.Struct("@4q4I")
"""``JOBOBJECT_BASIC_ACCOUNTING_INFORMATION``; its seventh value is ``ActiveProcesses``."""


def create_job() -> Handle:
    """A job whose processes end when its last handle is closed, however this process ends."""
    job = check(_CreateJobObjectW(None, None))
    limits = LIMITS.pack(0, 0, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, *[0] * 16)
    kind = JOB_OBJECT_EXTENDED_LIMIT_INFORMATION
    check(_SetInformationJobObject(job, kind, limits, len(limits)))
    return int(job)


def add_to_job(job: Handle, process: Handle) -> None:
    """``AssignProcessToJobObject``."""
    check(_AssignProcessToJobObject(job, process))


def end_processes(job: Handle, exit_code: int) -> None:
    """``TerminateJobObject``: it returns before they have ended."""
    check(_TerminateJobObject(job, exit_code))


def active_processes(job: Handle) -> int:
    """The number of processes of a job that have not ended."""
    room = ctypes.create_string_buffer(ACCOUNTING.size)
    kind = JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION
    check(_QueryInformationJobObject(job, kind, room, len(room), None))
    return int(ACCOUNTING.unpack(room.raw)[6])


def resume(process: Handle) -> None:
    """``NtResumeProcess``: let a process run that was started suspended, whose thread is not known."""
    if status := _NtResumeProcess(process):
        raise status_failure(status)
