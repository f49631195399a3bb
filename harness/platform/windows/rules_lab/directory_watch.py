"""Watch a tree of directories for a change: ``ReadDirectoryChangesW``."""

from __future__ import annotations

import ctypes
import os
from typing import Final

from harness.platform.windows.rules_lab.other_calls import FILE_FLAG_OVERLAPPED, cancel_io
from harness.platform.windows.win32.file_content import Overlapped
from harness.platform.windows.win32.file_handles import (
    CREATE_NEW,
    FILE_SHARE_ALL,
    GENERIC_READ,
    GENERIC_WRITE,
    close,
    open_handle,
    opened,
)
from harness.platform.windows.win32.library import check, declare
from harness.platform.windows.win32.waiting import Timer, create_event

WAIT_TIMEOUT: Final = 258
_NAMES: Final = 0x1 | 0x2  # winnt.h: FILE_NOTIFY_CHANGE_FILE_NAME | _DIR_NAME
_ROOM: Final = 4096
_PATIENCE_S: Final = 2.0

_ReadDirectoryChangesW = declare(
    "BOOL kernel32.ReadDirectoryChangesW(HANDLE, POINTER, DWORD, BOOL, DWORD, POINTER, POINTER, POINTER)"
)


def watch(root: str, folder: str) -> None:
    """Watch the tree at `root`, then make a file in `folder` (and the folder, if it is not there).

    Raises `OSError` with 258 if no event tells of it.
    """
    is_new = not os.path.isdir(folder)  # asked now: Wine would watch a folder that is looked at later
    room = ctypes.create_string_buffer(_ROOM)
    with opened(root, GENERIC_READ, FILE_SHARE_ALL, flags=FILE_FLAG_OVERLAPPED) as handle:
        for change in ["folder", "file"] if is_new else ["file"]:
            told, timer = create_event(), Timer()
            try:
                overlapped = Overlapped(event=told)
                filled = ctypes.byref(overlapped)
                check(
                    _ReadDirectoryChangesW(handle, room, _ROOM, True, _NAMES, None, filled, None), root
                )
                if change == "folder":
                    os.mkdir(folder)
                else:
                    close(open_handle(os.path.join(folder, "new"), GENERIC_WRITE, 0, CREATE_NEW))
                if timer.wait(_PATIENCE_S, told) is None:
                    cancel_io(handle)
                    raise OSError(0, "no event", root, WAIT_TIMEOUT)
            finally:
                timer.close()
                close(told)
    if f"{os.path.basename(folder)}\\new".encode("utf-16-le") not in room.raw:
        raise OSError(0, "an event that does not name the file", root, WAIT_TIMEOUT)
