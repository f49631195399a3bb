"""Declare the functions of Windows DLLs exactly, and turn their failures into errors."""

from __future__ import annotations

import ctypes
import re
import sys
from ctypes import wintypes
from functools import cache, partial
from typing import Any, Final, NoReturn, TypeVar, cast

from harness.errors import NotSupportedError

T = TypeVar("T")

_TYPES: Final[dict[str, Any]] = {
    "BOOL": wintypes.BOOL,
    "BYTES": ctypes.c_char_p,
    "DWORD": wintypes.DWORD,
    "HANDLE": wintypes.HANDLE,
    "INT": ctypes.c_int,
    "LONG": wintypes.LONG,
    "LONGLONG": ctypes.c_int64,
    "POINTER": ctypes.c_void_p,
    "SIZE": ctypes.c_size_t,
    "STATUS": ctypes.c_uint32,
    "STR": wintypes.LPCWSTR,
    "WORD": wintypes.WORD,
}
_PROTOTYPE: Final = re.compile(r"(\w+) (\w+)\.(\w+)\((.*)\)")

ERROR_GEN_FAILURE: Final = 31

Handle = int
"""A kernel handle; close it with `harness.platform.windows.win32.file_handles.close`."""


def declare(prototype: str) -> Any:
    """Load a function of a DLL with its exact signature, such as ``BOOL kernel32.SetEvent(HANDLE)``.

    Without the signature ctypes would cut pointers to 32 bits. On another system than Windows, the
    returned function raises `NotSupportedError`. On Windows, raises `OSError` if there is no such DLL,
    `AttributeError` if it has no such function.
    """
    parts = _PROTOTYPE.fullmatch(prototype)
    assert parts is not None, prototype  # noqa: S101 - it is written in this package
    result, library, name, arguments = parts.groups()
    types = [_TYPES[part] for part in [result, *filter(None, arguments.split(", "))]]
    if sys.platform != "win32":
        return partial(_elsewhere, name)
    function = getattr(_library(library), name)
    function.restype, *function.argtypes = types
    return function


def _elsewhere(name: str, *_: object) -> NoReturn:
    raise NotSupportedError(f"{name} is a call of Windows")


@cache
def _library(name: str) -> Any:
    """Load a DLL; only those of Win32 set the last error."""
    if sys.platform == "win32":
        return ctypes.WinDLL(name, use_last_error=name != "ntdll")
    return None


_RtlGetLastNtStatus = declare("STATUS ntdll.RtlGetLastNtStatus()")
_RtlNtStatusToDosError = declare("STATUS ntdll.RtlNtStatusToDosError(STATUS)")


def failure(path: str | None = None, path2: str | None = None, *, code: int | None = None) -> OSError:
    """Make the error of the call that just failed on this thread, with its ``ntstatus`` if it has one.

    Two different failures may share a Win32 code: 5 is an access denied, but also a delete that is
    pending. The kernel's own status tells them apart; it is kept only if it stands for this very code.
    """
    if sys.platform != "win32":
        _elsewhere("GetLastError")
    status = _RtlGetLastNtStatus()
    if code is None:
        # Wine forgets the code of a resource update, and 0 would be taken for a success
        code = ctypes.get_last_error() or _RtlNtStatusToDosError(status) or ERROR_GEN_FAILURE
    error = OSError(0, ctypes.FormatError(code).rstrip("\r\n ."), path, code, path2)
    if status and _RtlNtStatusToDosError(status) == code:
        cast("Any", error).ntstatus = status
    return error


def status_failure(status: int, path: str | None = None, path2: str | None = None) -> OSError:
    """Make the error for a call of the kernel that returned `status` itself."""
    error = failure(path, path2, code=_RtlNtStatusToDosError(status))
    cast("Any", error).ntstatus = status
    return error


def check(result: T, path: str | None = None, path2: str | None = None) -> T:
    """Return the result of a call; raise the error of the call if it is zero or ``None``."""
    if not result:
        raise failure(path, path2)
    return result


def wine_version() -> str | None:
    """The version of Wine that this runs under; ``None`` on Windows."""
    try:
        version = declare("BYTES ntdll.wine_get_version()")
    except AttributeError:
        return None
    return str(version().decode())
