"""What software calls an error, and the Win32 codes that the name stands for on Windows.

Each ecosystem has names of its own, and the same name may mean different codes in two of them: `EACCES`
of the C runtime, and so of Python's ``errno``, is 5, 32 and 33; Node calls 5 `EPERM`, as it calls
1314, and 32 and 33 `EBUSY`. Listed are the codes that calls on files and folders return.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    HOLD_CODES,
    LOCK_VIOLATION,
    PATH_NOT_FOUND,
    PRIVILEGE_NOT_HELD,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

NOT_SAME_DEVICE: Final = 17
TOO_MANY_OPEN_FILES: Final = 4
_GONE: Final = (FILE_NOT_FOUND, PATH_NOT_FOUND)
_TAKEN: Final = (FILE_EXISTS, ALREADY_EXISTS)


@dataclass(frozen=True, slots=True)
class ErrorName:
    """The codes a name stands for, or with `all_but` those it does not; and whose name it is."""

    codes: tuple[int, ...]
    source: str
    all_but: bool = False


_LIBUV: Final = "Node: libuv 1.x, src/win/error.c (on master, 5 is EACCES: libuv#3565)"
_PYTHON: Final = "Python: PEP 3151, and PC/errmap.h"
_RUST: Final = "Rust: std::io::ErrorKind, by decode_error_kind for Windows; 32 and 33 have no kind"
_DOTNET: Final = ".NET: Win32Marshal.GetExceptionForWin32Error"
_WIN32: Final = "Microsoft, System Error Codes"
_NTSTATUS: Final = "Microsoft, NTSTATUS values, as RtlNtStatusToDosError translates them"
_JAVA: Final = "Java: sun.nio.fs.WindowsException.translateToIOException"
_GO: Final = "Go: syscall.Errno.Is for Windows"

NAMES: Final[Mapping[str, ErrorName]] = {
    "EPERM": ErrorName((ACCESS_DENIED, PRIVILEGE_NOT_HELD), _LIBUV),
    "EBUSY": ErrorName((SHARING_VIOLATION, LOCK_VIOLATION), _LIBUV),
    "ENOTEMPTY": ErrorName((DIR_NOT_EMPTY,), _LIBUV),
    "EEXIST": ErrorName(_TAKEN, _LIBUV),
    "ENOENT": ErrorName(_GONE, _LIBUV),
    "EXDEV": ErrorName((NOT_SAME_DEVICE,), _LIBUV),
    "EMFILE": ErrorName((TOO_MANY_OPEN_FILES,), _LIBUV),
    "PermissionError": ErrorName(HOLD_CODES, _PYTHON),
    "FileExistsError": ErrorName(_TAKEN, _PYTHON),
    "FileNotFoundError": ErrorName(_GONE, _PYTHON),
    "PermissionDenied": ErrorName((ACCESS_DENIED,), _RUST),
    "AlreadyExists": ErrorName(_TAKEN, _RUST),
    "NotFound": ErrorName(_GONE, _RUST),
    "DirectoryNotEmpty": ErrorName((DIR_NOT_EMPTY,), _RUST),
    "CrossesDevices": ErrorName((NOT_SAME_DEVICE,), _RUST),
    "UnauthorizedAccessException": ErrorName((ACCESS_DENIED,), _DOTNET),
    "IOException": ErrorName((ACCESS_DENIED,), _DOTNET, all_but=True),
    "AccessDeniedException": ErrorName((ACCESS_DENIED,), _JAVA),
    "FileSystemException": ErrorName((SHARING_VIOLATION, LOCK_VIOLATION), _JAVA),
    "ErrPermission": ErrorName((ACCESS_DENIED,), _GO),
    "ErrExist": ErrorName((*_TAKEN, DIR_NOT_EMPTY), _GO),
    "ERROR_ACCESS_DENIED": ErrorName((ACCESS_DENIED,), _WIN32),
    "ERROR_SHARING_VIOLATION": ErrorName((SHARING_VIOLATION,), _WIN32),
    "ERROR_LOCK_VIOLATION": ErrorName((LOCK_VIOLATION,), _WIN32),
    "ERROR_DIR_NOT_EMPTY": ErrorName((DIR_NOT_EMPTY,), _WIN32),
    "ERROR_FILE_NOT_FOUND": ErrorName((FILE_NOT_FOUND,), _WIN32),
    "ERROR_PATH_NOT_FOUND": ErrorName((PATH_NOT_FOUND,), _WIN32),
    "ERROR_ALREADY_EXISTS": ErrorName((ALREADY_EXISTS,), _WIN32),
    "ERROR_FILE_EXISTS": ErrorName((FILE_EXISTS,), _WIN32),
    "ERROR_NOT_SAME_DEVICE": ErrorName((NOT_SAME_DEVICE,), _WIN32),
    "ERROR_USER_MAPPED_FILE": ErrorName((USER_MAPPED_FILE,), _WIN32),
    "access denied": ErrorName((ACCESS_DENIED,), _WIN32),
    "access is denied": ErrorName((ACCESS_DENIED,), _WIN32),
    "permission denied": ErrorName((ACCESS_DENIED,), _RUST),
    "sharing violation": ErrorName((SHARING_VIOLATION,), _WIN32),
    "lock violation": ErrorName((LOCK_VIOLATION,), _WIN32),
    "STATUS_ACCESS_DENIED": ErrorName((ACCESS_DENIED,), _NTSTATUS),
    "STATUS_DELETE_PENDING": ErrorName((ACCESS_DENIED,), _NTSTATUS),
    "STATUS_CANNOT_DELETE": ErrorName((ACCESS_DENIED,), _NTSTATUS),
    "STATUS_SHARING_VIOLATION": ErrorName((SHARING_VIOLATION,), _NTSTATUS),
    "STATUS_FILE_LOCK_CONFLICT": ErrorName((LOCK_VIOLATION,), _NTSTATUS),
    "STATUS_DIRECTORY_NOT_EMPTY": ErrorName((DIR_NOT_EMPTY,), _NTSTATUS),
    "STATUS_USER_MAPPED_FILE": ErrorName((USER_MAPPED_FILE,), _NTSTATUS),
}
"""The names; case does not matter."""

TWO_MEANINGS: Final = {
    "EACCES": "EACCES is 5, 32 and 33 in C and Python: `on 5,32,33`; Node calls 5 EPERM, 32 EBUSY"
}
"""Names that say nothing by themselves. Beside others of the same ecosystem they add nothing."""

_STATUS: Final = {
    0xC0000022: ACCESS_DENIED,
    0xC0000056: ACCESS_DENIED,
    0xC0000121: ACCESS_DENIED,
    0xC0000043: SHARING_VIOLATION,
    0xC0000054: LOCK_VIOLATION,
    0xC0000101: DIR_NOT_EMPTY,
    0xC0000243: USER_MAPPED_FILE,
}
"""NTSTATUS values (Microsoft, [MS-ERREF] 2.3.1) with the codes of `RtlNtStatusToDosError`."""
_FOLDED: Final = {name.casefold(): found for name, found in NAMES.items()}
_HRESULT: Final = 0x80070000
"""The HRESULT of a Win32 code, which is its low half ([MS-ERREF] 2.1.2, facility 7)."""

_WORDS: Final = "|".join(sorted(map(re.escape, (*NAMES, *TWO_MEANINGS)), key=len, reverse=True))
ITEM: Final = re.compile(
    rf"\s*(?:(?P<name>{_WORDS})(?![\w-])|(?:(?:os|win32|windows|win)?[ _]?error|code)?[ :=#]*"
    r"(?:(?P<hex>0x[0-9a-f]{1,8})|(?P<code>\d{1,5}))(?![\w.]))",
    re.IGNORECASE,
)
"""One error as people write it: a name, ``os error 5``, ``WinError 32``, ``0x80070005``."""


def of_item(match: re.Match[str]) -> ErrorName | None:
    """Return what an `ITEM` stands for; ``None`` for a name of `TWO_MEANINGS`, and an unknown number."""
    if match["name"]:
        return _FOLDED.get(match["name"].casefold())
    if match["code"]:
        return ErrorName((int(match["code"]),), _WIN32)
    value = int(match["hex"], 16)
    if value in _STATUS:
        return ErrorName((_STATUS[value],), _NTSTATUS)
    if value & 0xFFFF0000 in {0, _HRESULT}:
        return ErrorName((value & 0xFFFF,), _WIN32)
    return None
