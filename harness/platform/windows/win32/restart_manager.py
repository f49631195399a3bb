"""Ask the Restart Manager which processes have files open: the way installers ask, without any rights.

It takes files only, not folders. Wine answers that no process has any.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import wintypes
from typing import Final

from harness.platform.windows.win32.library import declare, failure

_SESSION_KEY: Final = 33
"""``CCH_RM_SESSION_KEY`` + 1."""
_MORE_DATA: Final = 234
_TRIES: Final = 4
"""Processes may come while the room for them is made."""


class ProcessInfo(ctypes.Structure):
    """``RM_PROCESS_INFO``; its first two members are an ``RM_UNIQUE_PROCESS``."""

    _fields_ = (
        ("process_id", wintypes.DWORD),
        ("start_low", wintypes.DWORD),
        ("start_high", wintypes.DWORD),
        ("application", wintypes.WCHAR * 256),
        ("service", wintypes.WCHAR * 64),
        ("kind", ctypes.c_int),
        ("status", wintypes.ULONG),
        ("session", wintypes.DWORD),
        ("restartable", wintypes.BOOL),
    )


_RmStartSession = declare("DWORD rstrtmgr.RmStartSession(POINTER, DWORD, POINTER)")
_RmEndSession = declare("DWORD rstrtmgr.RmEndSession(DWORD)")
_RmRegisterResources = declare(
    "DWORD rstrtmgr.RmRegisterResources(DWORD, DWORD, POINTER, DWORD, POINTER, DWORD, POINTER)"
)
_RmGetList = declare("DWORD rstrtmgr.RmGetList(DWORD, POINTER, POINTER, POINTER, POINTER)")


def users_of_files(paths: Sequence[str]) -> set[int]:
    """The ids of all processes that have one of the files open, this one included. Raises `OSError`."""
    session = wintypes.DWORD()
    _checked(_RmStartSession(ctypes.byref(session), 0, ctypes.create_unicode_buffer(_SESSION_KEY)))
    try:
        names = (wintypes.LPCWSTR * len(paths))(*paths)
        _checked(_RmRegisterResources(session, len(paths), names, 0, None, 0, None))
        return _listed(session)
    finally:
        _RmEndSession(session)


def _listed(session: wintypes.DWORD) -> set[int]:
    room = 16
    for _ in range(_TRIES):
        found = (ProcessInfo * room)()
        needed, number, reasons = wintypes.UINT(), wintypes.UINT(room), wintypes.DWORD()
        code = _RmGetList(
            session, ctypes.byref(needed), ctypes.byref(number), found, ctypes.byref(reasons)
        )
        if code != _MORE_DATA:
            _checked(code)
            return {each.process_id for each in found[: number.value]}
        room = needed.value + 16
    raise failure(code=_MORE_DATA)


def _checked(code: int) -> None:
    if code:
        raise failure(code=code)
