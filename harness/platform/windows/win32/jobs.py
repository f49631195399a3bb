"""Start processes that end with this one: creation flags and jobs."""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Final

from harness.platform.windows.win32.library import Handle, check, declare

CREATE_NEW_PROCESS_GROUP: Final = 0x200
CREATE_NO_WINDOW: Final = 0x08000000
JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: Final = 0x2000
JOB_OBJECT_EXTENDED_LIMIT_INFORMATION: Final = 9

_CreateJobObjectW = declare("HANDLE kernel32.CreateJobObjectW(POINTER, STR)")
_SetInformationJobObject = declare("BOOL kernel32.SetInformationJobObject(HANDLE, INT, POINTER, DWORD)")
_AssignProcessToJobObject = declare("BOOL kernel32.AssignProcessToJobObject(HANDLE, HANDLE)")


class _ExtendedLimits(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``, its ``BasicLimitInformation`` first."""

    _fields_ = (
        ("per_process_user_time_limit", ctypes.c_int64),
        ("per_job_user_time_limit", ctypes.c_int64),
        ("limit_flags", wintypes.DWORD),
        ("minimum_working_set_size", ctypes.c_size_t),
        ("maximum_working_set_size", ctypes.c_size_t),
        ("active_process_limit", wintypes.DWORD),
        ("affinity", ctypes.c_size_t),
        ("priority_class", wintypes.DWORD),
        ("scheduling_class", wintypes.DWORD),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory_limit", ctypes.c_size_t),
        ("job_memory_limit", ctypes.c_size_t),
        ("peak_process_memory_used", ctypes.c_size_t),
        ("peak_job_memory_used", ctypes.c_size_t),
    )


def create_job() -> Handle:
    """A job whose processes end when its last handle is closed, however this process ends."""
    job = check(_CreateJobObjectW(None, None))
    limits = _ExtendedLimits(limit_flags=JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)
    kind, size = JOB_OBJECT_EXTENDED_LIMIT_INFORMATION, ctypes.sizeof(limits)
    check(_SetInformationJobObject(job, kind, ctypes.byref(limits), size))
    return int(job)


def add_to_job(job: Handle, process: Handle) -> None:
    """``AssignProcessToJobObject``."""
    check(_AssignProcessToJobObject(job, process))
