"""Events, and a timer that waits precisely for a time or an event."""

from __future__ import annotations

import ctypes
from ctypes import wintypes
from typing import Final

from harness.platform.windows.win32.file_handles import close
from harness.platform.windows.win32.library import Handle, check, declare, failure

INFINITE: Final = 0xFFFFFFFF
CREATE_WAITABLE_TIMER_HIGH_RESOLUTION: Final = 0x2
TIMER_ALL_ACCESS: Final = 0x1F0003

_CreateEventW = declare("HANDLE kernel32.CreateEventW(POINTER, BOOL, BOOL, STR)")
_SetEvent = declare("BOOL kernel32.SetEvent(HANDLE)")
_CreateWaitableTimerExW = declare("HANDLE kernel32.CreateWaitableTimerExW(POINTER, STR, DWORD, DWORD)")
_SetWaitableTimer = declare(
    "BOOL kernel32.SetWaitableTimer(HANDLE, POINTER, LONG, POINTER, POINTER, BOOL)"
)
_WaitForMultipleObjects = declare("DWORD kernel32.WaitForMultipleObjects(DWORD, POINTER, BOOL, DWORD)")


def create_event(*, resets_itself: bool = False) -> Handle:
    """``CreateEventW``: unset at first; once set it stays set, or until one wait has ended by it."""
    return int(check(_CreateEventW(None, not resets_itself, False, None)))


def set_event(event: Handle) -> None:
    """``SetEvent``."""
    check(_SetEvent(event))


class Timer:
    """A waitable timer of high resolution, for one thread.

    Plain timers and ``Sleep`` tick every 15.6 ms on Windows; those of high resolution exist since
    Windows 10, 1803. `is_precise`: whether this is one.
    """

    def __init__(self) -> None:
        timer = _CreateWaitableTimerExW(
            None, None, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS
        )
        self.is_precise = bool(timer)
        self.handle = int(timer or check(_CreateWaitableTimerExW(None, None, 0, TIMER_ALL_ACCESS)))

    def wait(self, seconds: float, *events: Handle) -> int | None:
        """Wait until the time is over, or one of `events` is set: then return its index."""
        due = ctypes.c_int64(-round(max(seconds, 0) * 10_000_000))  # negative: relative, 100 ns
        check(_SetWaitableTimer(self.handle, ctypes.byref(due), 0, None, None, False))
        signalled = wait_for(*events, self.handle)
        return None if signalled == len(events) else signalled

    def close(self) -> None:
        """Close the timer's handle."""
        close(self.handle)


def wait_for(*handles: Handle) -> int:
    """Wait until one of `handles`, events or timers, is set; return its index."""
    array = (wintypes.HANDLE * len(handles))(*handles)
    signalled = int(_WaitForMultipleObjects(len(handles), array, False, INFINITE))
    if signalled >= len(handles):
        raise failure()
    return signalled
