"""Opportunistic locks: ask for one, and let go of it when it is broken."""

from __future__ import annotations

import ctypes
import struct
import threading
import time
from typing import Any, Final

from harness.platform.windows.rules_lab.other_calls import FILE_FLAG_OVERLAPPED, cancel_io
from harness.platform.windows.win32.file_content import Overlapped
from harness.platform.windows.win32.file_handles import (
    FILE_SHARE_ALL,
    GENERIC_READ,
    close,
    open_handle,
    opened,
)
from harness.platform.windows.win32.library import Handle, declare, failure
from harness.platform.windows.win32.waiting import create_event, set_event, wait_for
from harness.winerror import winerror_of

ERROR_IO_PENDING: Final = 997
_READ, _HANDLE, _WRITE = 1, 2, 4  # winioctl.h: OPLOCK_LEVEL_CACHE_…
REQUESTS: Final = {
    "FSCTL_REQUEST_OPLOCK_LEVEL_1": (0x90000, 0),
    "FSCTL_REQUEST_OPLOCK_LEVEL_2": (0x90004, 0),
    "FSCTL_REQUEST_BATCH_OPLOCK": (0x90008, 0),
    "FSCTL_REQUEST_FILTER_OPLOCK": (0x9005C, 0),
    "FSCTL_REQUEST_OPLOCK(READ+WRITE+HANDLE)": (0x90240, _READ | _WRITE | _HANDLE),
    "FSCTL_REQUEST_OPLOCK(READ+HANDLE)": (0x90240, _READ | _HANDLE),
}
"""The code of each request (winioctl.h), and the levels that the last kind asks for."""
KINDS: Final = {
    "batch": "FSCTL_REQUEST_BATCH_OPLOCK",
    "filter": "FSCTL_REQUEST_FILTER_OPLOCK",
    "read-handle": "FSCTL_REQUEST_OPLOCK(READ+HANDLE)",
}
LETS_GO_AFTER_S: Final = 0.01

_DeviceIoControl = declare(
    "BOOL kernel32.DeviceIoControl(HANDLE, DWORD, BYTES, DWORD, POINTER, DWORD, POINTER, POINTER)"
)


def ask_for_oplock(path: str, request: str) -> int:
    """Ask for an opportunistic lock and give it back; return the code, 997 where it was granted."""
    with opened(path, GENERIC_READ, FILE_SHARE_ALL, flags=FILE_FLAG_OVERLAPPED) as handle:
        asked = _Request(handle, request)
        asked.close()
        return asked.code


class PoliteHolder:
    """Has a file open under an opportunistic lock, and lets go a moment after it is broken.

    Raises `OSError` where the lock is not granted.
    """

    def __init__(self, path: str, kind: str) -> None:
        self._handle = open_handle(path, GENERIC_READ, FILE_SHARE_ALL, flags=FILE_FLAG_OVERLAPPED)
        self._asked = _Request(self._handle, KINDS[kind])
        if self._asked.code != ERROR_IO_PENDING:
            close(self._handle)
            raise OSError(0, "the opportunistic lock is not granted", path, self._asked.code)
        self.was_asked = threading.Event()
        self._ended = create_event()
        self._thread = threading.Thread(target=self._let_go, daemon=True)
        self._thread.start()

    def _let_go(self) -> None:
        if wait_for(self._asked.event, self._ended) == 0:
            self.was_asked.set()
            time.sleep(LETS_GO_AFTER_S)
        close(self._handle)

    def close(self) -> None:
        """Let go now, if nobody asked for it."""
        set_event(self._ended)
        self._thread.join()
        close(self._ended)


class _Request:
    """An opportunistic lock that was asked for on an overlapped handle, and pends until it is broken.

    `code` is 997 (``ERROR_IO_PENDING``) where it was granted, else the reason why not.
    """

    def __init__(self, handle: Handle, request: str) -> None:
        code, levels = REQUESTS[request]
        # REQUEST_OPLOCK_INPUT_BUFFER: version 1, its length, levels, REQUEST
        given = struct.pack("=HHII", 1, 12, levels, 1) if levels else None
        self.handle = handle
        self.event = create_event()
        self._overlapped = Overlapped(event=self.event)
        self._answer = ctypes.create_string_buffer(64)
        arguments: tuple[Any, ...] = (code, given, len(given or b""), self._answer, 64, None)
        granted = _DeviceIoControl(handle, *arguments, ctypes.byref(self._overlapped))
        self.code = 0 if granted else winerror_of(failure()) or 0

    def close(self) -> None:
        """Give it back."""
        cancel_io(self.handle)
        close(self.event)
