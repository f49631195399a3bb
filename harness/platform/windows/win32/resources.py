"""Read and write the resources of programs."""

from __future__ import annotations

import ctypes
from typing import Final

from harness.platform.windows.win32.library import check, declare, failure

RT_RCDATA: Final = 10
LANG_NEUTRAL: Final = 0
LOAD_LIBRARY_AS_DATAFILE: Final = 0x2

_BeginUpdateResourceW = declare("HANDLE kernel32.BeginUpdateResourceW(STR, BOOL)")
_UpdateResourceW = declare("BOOL kernel32.UpdateResourceW(HANDLE, POINTER, STR, WORD, BYTES, DWORD)")
_EndUpdateResourceW = declare("BOOL kernel32.EndUpdateResourceW(HANDLE, BOOL)")
_LoadLibraryExW = declare("HANDLE kernel32.LoadLibraryExW(STR, HANDLE, DWORD)")
_FreeLibrary = declare("BOOL kernel32.FreeLibrary(HANDLE)")
_FindResourceW = declare("HANDLE kernel32.FindResourceW(HANDLE, STR, POINTER)")
_LoadResource = declare("HANDLE kernel32.LoadResource(HANDLE, HANDLE)")
_LockResource = declare("POINTER kernel32.LockResource(HANDLE)")
_SizeofResource = declare("DWORD kernel32.SizeofResource(HANDLE, HANDLE)")


def update_resource(path: str, name: str, data: bytes) -> None:
    """Add a resource to a program: ``BeginUpdateResourceW``, ``UpdateResourceW``, ``End…``.

    The update rewrites the file when it ends, and there a scanner's handle makes it fail with 110
    (``ERROR_OPEN_FAILED``, as uv#20567 reports) or 5.
    """
    update = check(_BeginUpdateResourceW(path, False), path)
    if not _UpdateResourceW(update, RT_RCDATA, name, LANG_NEUTRAL, data, len(data)):
        error = failure(path)
        _EndUpdateResourceW(update, True)
        raise error
    check(_EndUpdateResourceW(update, False), path)


def read_resource(path: str, name: str) -> bytes | None:
    """The bytes of a resource of a program; ``None`` if it has none of that name."""
    module = check(_LoadLibraryExW(path, None, LOAD_LIBRARY_AS_DATAFILE), path)
    try:
        found = _FindResourceW(module, name, RT_RCDATA)
        if not found:
            return None
        size = _SizeofResource(module, found)
        return ctypes.string_at(_LockResource(_LoadResource(module, found)), size)
    finally:
        _FreeLibrary(module)
