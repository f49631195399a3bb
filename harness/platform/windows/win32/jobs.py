"""Start processes that end with this one: creation flags and jobs."""

from __future__ import annotations

import struct
from typing import Final

from harness.platform.windows.win32.library import Handle, check, declare

CREATE_NEW_PROCESS_GROUP: Final = 0x200
CREATE_NO_WINDOW: Final = 0x08000000
JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: Final = 0x2000
JOB_OBJECT_EXTENDED_LIMIT_INFORMATION: Final = 9

_CreateJobObjectW = declare("HANDLE kernel32.CreateJobObjectW(POINTER, STR)")
_SetInformationJobObject = declare("BOOL kernel32.SetInformationJobObject(HANDLE, INT, BYTES, DWORD)")
_AssignProcessToJobObject = declare("BOOL kernel32.AssignProcessToJobObject(HANDLE, HANDLE)")


LIMITS: Final = struct.Struct("@qqIPPIPII6Q4P")
"""``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``; its third value is ``LimitFlags``."""


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
