"""Win32 error codes, and an ``OSError`` that carries one on every platform.

Python maps 5, 32 and 33 to the same ``EACCES``, and outside Windows ``OSError`` has no ``winerror``.
Strategies differ in exactly these codes, so the whole harness uses `winerror_of`, never ``errno``.
"""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import os

# Names and values: Microsoft, "System Error Codes (0-499)" and "(1000-1299)".
INVALID_FUNCTION: Final = 1
FILE_NOT_FOUND: Final = 2
PATH_NOT_FOUND: Final = 3
ACCESS_DENIED: Final = 5
NOT_SAME_DEVICE: Final = 17
SHARING_VIOLATION: Final = 32
LOCK_VIOLATION: Final = 33
NOT_SUPPORTED: Final = 50
FILE_EXISTS: Final = 80
INVALID_PARAMETER: Final = 87
OPEN_FAILED: Final = 110
DIR_NOT_EMPTY: Final = 145
BUSY: Final = 170
ALREADY_EXISTS: Final = 183
VIRUS_INFECTED: Final = 225
VIRUS_DELETED: Final = 226
NO_DATA: Final = 232
UNABLE_TO_REMOVE_REPLACED: Final = 1175
UNABLE_TO_MOVE_REPLACEMENT: Final = 1176
UNABLE_TO_MOVE_REPLACEMENT_2: Final = 1177
USER_MAPPED_FILE: Final = 1224
PRIVILEGE_NOT_HELD: Final = 1314
CANT_ACCESS_FILE: Final = 1920

HOLD_CODES: Final = (ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION)
"""The codes of calls that are blocked by a hold."""
REPLACE_FILE_CODES: Final = frozenset(
    {UNABLE_TO_REMOVE_REPLACED, UNABLE_TO_MOVE_REPLACEMENT, UNABLE_TO_MOVE_REPLACEMENT_2}
)
"""The codes of ``ReplaceFileW`` halfway: after the second, without a backup, the old file is gone; after
the third it has another name."""
VIRUS_CODES: Final = frozenset({VIRUS_INFECTED, VIRUS_DELETED})
"""The codes of calls that a scanner refuses for good: no hold, and no retry helps."""
VOLUME_CODES: Final = frozenset(
    {INVALID_FUNCTION, NOT_SAME_DEVICE, NOT_SUPPORTED, PRIVILEGE_NOT_HELD, CANT_ACCESS_FILE}
)
"""The codes of calls that a volume or an account does not have: at all, to another one, on this file."""

_ERRORS: Final = {
    INVALID_FUNCTION: (errno.EINVAL, "Incorrect function"),
    NOT_SAME_DEVICE: (errno.EXDEV, "The system cannot move the file to a different disk drive"),
    NOT_SUPPORTED: (errno.EINVAL, "The request is not supported"),
    PRIVILEGE_NOT_HELD: (errno.EINVAL, "A required privilege is not held by the client"),
    CANT_ACCESS_FILE: (errno.EINVAL, "The file cannot be accessed by the system"),
    FILE_NOT_FOUND: (errno.ENOENT, "The system cannot find the file specified"),
    PATH_NOT_FOUND: (errno.ENOENT, "The system cannot find the path specified"),
    ACCESS_DENIED: (errno.EACCES, "Access is denied"),
    SHARING_VIOLATION: (
        errno.EACCES,
        "The process cannot access the file because it is being used by another process",
    ),
    LOCK_VIOLATION: (
        errno.EACCES,
        "The process cannot access the file because another process has locked a portion of the file",
    ),
    FILE_EXISTS: (errno.EEXIST, "The file exists"),
    INVALID_PARAMETER: (errno.EINVAL, "The parameter is incorrect"),
    OPEN_FAILED: (errno.EINVAL, "The system cannot open the device or file specified"),
    DIR_NOT_EMPTY: (errno.ENOTEMPTY, "The directory is not empty"),
    BUSY: (errno.EINVAL, "The requested resource is in use"),
    ALREADY_EXISTS: (errno.EEXIST, "Cannot create a file when that file already exists"),
    VIRUS_INFECTED: (
        errno.EINVAL,
        (
            "Operation did not complete successfully because the file contains a virus or "
            "potentially unwanted software"
        ),
    ),
    VIRUS_DELETED: (
        errno.EINVAL,
        (
            "This file contains a virus or potentially unwanted software and cannot be opened. Due to "
            "the nature of this virus or potentially unwanted software, the file has been removed from "
            "this location"
        ),
    ),
    UNABLE_TO_REMOVE_REPLACED: (errno.EINVAL, "Unable to remove the file to be replaced"),
    UNABLE_TO_MOVE_REPLACEMENT: (
        errno.EINVAL,
        (
            "Unable to move the replacement file to the file to be replaced. The file to be replaced "
            "has retained its original name"
        ),
    ),
    UNABLE_TO_MOVE_REPLACEMENT_2: (
        errno.EINVAL,
        (
            "Unable to move the replacement file to the file to be replaced. The file to be replaced "
            "has been renamed using the backup name"
        ),
    ),
    USER_MAPPED_FILE: (
        errno.EINVAL,
        "The requested operation cannot be performed on a file with a user-mapped section open",
    ),
}
"""For each code the errno that the Microsoft C runtime, and so CPython on Windows, gives (CPython
PC/errmap.h; anything else is EINVAL there), and the message."""
ALL_MESSAGES: Final = {code: message for code, (_, message) in _ERRORS.items()}
"""The message of each code."""
MESSAGES: Final = {
    code: message
    for code, message in ALL_MESSAGES.items()
    if code not in VIRUS_CODES | VOLUME_CODES | REPLACE_FILE_CODES
}
"""The messages of the codes that strategies are asked about: any call may fail with them for a while."""

GONE: Final = frozenset({FILE_NOT_FOUND, PATH_NOT_FOUND})
"""The codes of a missing source."""


class Win32Error(OSError):
    """A failed call with its Win32 code, on any platform.

    Make it with `win32_error`, which chooses the subclass that Python raises on Windows, so that code
    which catches ``PermissionError`` behaves the same everywhere.
    """

    winerror: int

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the code too, which Python's own errors lose."""
        return win32_error, (self.winerror, self.filename, self.filename2)


class Win32PermissionError(Win32Error, PermissionError):
    """5, 32 and 33."""


class Win32FileNotFoundError(Win32Error, FileNotFoundError):
    """2 and 3."""


class Win32FileExistsError(Win32Error, FileExistsError):
    """80 and 183."""


_CLASSES: Final[dict[int, type[Win32Error]]] = {
    errno.EACCES: Win32PermissionError,
    errno.ENOENT: Win32FileNotFoundError,
    errno.EEXIST: Win32FileExistsError,
}


def win32_error(
    code: int,
    path: str | os.PathLike[str] | None = None,
    path2: str | os.PathLike[str] | None = None,
) -> Win32Error:
    """Make the error that Python raises on Windows for `code`, `path` and `path2`."""
    number, message = _ERRORS.get(code, (errno.EINVAL, f"Win32 error {code}"))
    error = _CLASSES.get(number, Win32Error)(number, message, path, None, path2)
    error.winerror = code
    return error


def winerror_of(error: BaseException | None) -> int | None:
    """The Win32 code of `error`, or ``None`` if it has none."""
    code = getattr(error, "winerror", None)
    return code if isinstance(code, int) else None


def code_behind(error: BaseException | None) -> int | None:
    """The Win32 code of `error`, also where ``open``, ``read`` or ``write`` hides it.

    They go through the C runtime, which folds codes into an errno; it remembers the code for its
    thread, until the next error. So ask at once, on the thread where `error` was raised.
    """
    code = winerror_of(error)
    if code is None and isinstance(error, OSError) and (hidden := _last_of_c_runtime()):
        number, _ = _ERRORS.get(hidden, (errno.EINVAL, ""))
        return hidden if number == error.errno else None
    return code


def _last_of_c_runtime() -> int:
    """``_doserrno`` of this thread; 0 if there is none, as on every other system than Windows."""
    if sys.platform != "win32":
        return 0
    import ctypes  # noqa: PLC0415 - only here, and every start of the harness would pay for it

    code = ctypes.c_ulong()
    ctypes.CDLL("ucrtbase")._get_doserrno(ctypes.byref(code))  # noqa: SLF001 - its name
    return code.value


def virus_verdict(error: BaseException | None) -> str | None:
    """What a scanner has said of a file, if `error` is that; to be asked as `code_behind` is."""
    code = code_behind(error)
    if code not in VIRUS_CODES:
        return None
    removed = ", and removed it" if code == VIRUS_DELETED else ""
    return f"the antivirus says that a file contains a virus{removed} (error {code})"
