"""The Windows calls that the harness is about, declared once and fully typed.

Each function is one call (or the few that belong together) and raises the `OSError` that Python itself
would raise, with its ``winerror`` and, where the call went through the kernel, its ``ntstatus``. What
to call, and when, is decided elsewhere. Values: Microsoft's Windows SDK headers.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from contextlib import contextmanager
from ctypes import wintypes
from typing import TYPE_CHECKING, Any, Final, cast

if sys.platform != "win32":
    raise ImportError("these are calls of Windows")

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

kernel32: Final = ctypes.WinDLL("kernel32", use_last_error=True)
ntdll: Final = ctypes.WinDLL("ntdll")

GENERIC_READ: Final = 0x80000000
GENERIC_WRITE: Final = 0x40000000
DELETE: Final = 0x00010000
FILE_READ_ATTRIBUTES: Final = 0x80
SYNCHRONIZE: Final = 0x00100000

FILE_SHARE_READ: Final = 1
FILE_SHARE_WRITE: Final = 2
FILE_SHARE_DELETE: Final = 4
FILE_SHARE_ALL: Final = 7

CREATE_NEW: Final = 1
CREATE_ALWAYS: Final = 2
OPEN_EXISTING: Final = 3

FILE_ATTRIBUTE_NORMAL: Final = 0x80
FILE_ATTRIBUTE_TEMPORARY: Final = 0x100
FILE_FLAG_OVERLAPPED: Final = 0x40000000
FILE_FLAG_DELETE_ON_CLOSE: Final = 0x04000000
FILE_FLAG_BACKUP_SEMANTICS: Final = 0x02000000  # or a directory cannot be opened
FILE_FLAG_OPEN_REPARSE_POINT: Final = 0x00200000

MOVEFILE_REPLACE_EXISTING: Final = 1

FILE_DISPOSITION_INFO: Final = 4  # classes of SetFileInformationByHandle
FILE_DISPOSITION_INFO_EX: Final = 21
FILE_RENAME_INFO_EX: Final = 22
NT_FILE_DISPOSITION_INFORMATION_EX: Final = 64  # classes of NtSetInformationFile
NT_FILE_RENAME_INFORMATION_EX: Final = 65
RENAME_REPLACE_POSIX: Final = 0x1 | 0x2  # FILE_RENAME_REPLACE_IF_EXISTS | _POSIX_SEMANTICS
DISPOSITION_DELETE_POSIX: Final = 0x1 | 0x2  # FILE_DISPOSITION_DELETE | _POSIX_SEMANTICS

LOCKFILE_FAIL_IMMEDIATELY: Final = 1
LOCKFILE_EXCLUSIVE_LOCK: Final = 2

PAGE_READONLY: Final = 0x02
SEC_IMAGE: Final = 0x01000000
FILE_MAP_READ: Final = 0x04

ERROR_GEN_FAILURE: Final = 31
ERROR_IO_PENDING: Final = 997
WAIT_OBJECT_0: Final = 0
WAIT_TIMEOUT: Final = 258
INFINITE: Final = 0xFFFFFFFF

RT_RCDATA: Final = 10
LANG_NEUTRAL: Final = 0

_INVALID_HANDLE: Final = ctypes.c_void_p(-1).value

Handle = int
"""A kernel handle; close it with `close`."""


class Overlapped(ctypes.Structure):
    """``OVERLAPPED``: where in a file a call works, and how its end is told."""

    _fields_ = (
        ("internal", ctypes.c_void_p),
        ("internal_high", ctypes.c_void_p),
        ("offset", wintypes.DWORD),
        ("offset_high", wintypes.DWORD),
        ("event", wintypes.HANDLE),
    )


class _IoStatusBlock(ctypes.Structure):
    _fields_ = (("status", ctypes.c_void_p), ("information", ctypes.c_void_p))


class _BasicLimits(ctypes.Structure):
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
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("basic", _BasicLimits),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory_limit", ctypes.c_size_t),
        ("job_memory_limit", ctypes.c_size_t),
        ("peak_process_memory_used", ctypes.c_size_t),
        ("peak_job_memory_used", ctypes.c_size_t),
    )


def declare(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    """Give a function of a DLL its exact signature, without which ctypes cuts pointers to 32 bits."""
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


_BOOL, _DWORD, _HANDLE, _STR = wintypes.BOOL, wintypes.DWORD, wintypes.HANDLE, wintypes.LPCWSTR
_POINTER, _BYTES = ctypes.c_void_p, ctypes.c_char_p

_CreateFileW = declare(
    kernel32, "CreateFileW", _HANDLE, _STR, _DWORD, _DWORD, _POINTER, _DWORD, _DWORD, _HANDLE
)
_CloseHandle = declare(kernel32, "CloseHandle", _BOOL, _HANDLE)
_MoveFileExW = declare(kernel32, "MoveFileExW", _BOOL, _STR, _STR, _DWORD)
_ReplaceFileW = declare(kernel32, "ReplaceFileW", _BOOL, _STR, _STR, _STR, _DWORD, _POINTER, _POINTER)
_SetFileAttributesW = declare(kernel32, "SetFileAttributesW", _BOOL, _STR, _DWORD)
_GetFileAttributesW = declare(kernel32, "GetFileAttributesW", _DWORD, _STR)
_DeleteFileW = declare(kernel32, "DeleteFileW", _BOOL, _STR)
_RemoveDirectoryW = declare(kernel32, "RemoveDirectoryW", _BOOL, _STR)
_CreateDirectoryW = declare(kernel32, "CreateDirectoryW", _BOOL, _STR, _POINTER)
_CreateHardLinkW = declare(kernel32, "CreateHardLinkW", _BOOL, _STR, _STR, _POINTER)
_CopyFileExW = declare(kernel32, "CopyFileExW", _BOOL, _STR, _STR, _POINTER, _POINTER, _POINTER, _DWORD)
_ReadFile = declare(kernel32, "ReadFile", _BOOL, _HANDLE, _POINTER, _DWORD, _POINTER, _POINTER)
_WriteFile = declare(kernel32, "WriteFile", _BOOL, _HANDLE, _BYTES, _DWORD, _POINTER, _POINTER)
_GetFileSizeEx = declare(kernel32, "GetFileSizeEx", _BOOL, _HANDLE, _POINTER)
_LockFileEx = declare(kernel32, "LockFileEx", _BOOL, _HANDLE, _DWORD, _DWORD, _DWORD, _DWORD, _POINTER)
_SetFileInformationByHandle = declare(
    kernel32, "SetFileInformationByHandle", _BOOL, _HANDLE, ctypes.c_int, _BYTES, _DWORD
)
_GetFinalPathNameByHandleW = declare(
    kernel32, "GetFinalPathNameByHandleW", _DWORD, _HANDLE, wintypes.LPWSTR, _DWORD, _DWORD
)
_CreateFileMappingW = declare(
    kernel32, "CreateFileMappingW", _HANDLE, _HANDLE, _POINTER, _DWORD, _DWORD, _DWORD, _STR
)
_MapViewOfFile = declare(
    kernel32, "MapViewOfFile", _POINTER, _HANDLE, _DWORD, _DWORD, _DWORD, ctypes.c_size_t
)
_UnmapViewOfFile = declare(kernel32, "UnmapViewOfFile", _BOOL, _POINTER)
_DeviceIoControl = declare(
    kernel32,
    "DeviceIoControl",
    _BOOL,
    *(_HANDLE, _DWORD, _BYTES, _DWORD, _POINTER, _DWORD, _POINTER, _POINTER),
)
_CancelIo = declare(kernel32, "CancelIo", _BOOL, _HANDLE)
_CreateEventW = declare(kernel32, "CreateEventW", _HANDLE, _POINTER, _BOOL, _BOOL, _STR)
_SetEvent = declare(kernel32, "SetEvent", _BOOL, _HANDLE)
_CreateWaitableTimerExW = declare(
    kernel32, "CreateWaitableTimerExW", _HANDLE, _POINTER, _STR, _DWORD, _DWORD
)
_SetWaitableTimer = declare(
    kernel32, "SetWaitableTimer", _BOOL, _HANDLE, _POINTER, wintypes.LONG, _POINTER, _POINTER, _BOOL
)
_WaitForMultipleObjects = declare(
    kernel32, "WaitForMultipleObjects", _DWORD, _DWORD, _POINTER, _BOOL, _DWORD
)
_CreateJobObjectW = declare(kernel32, "CreateJobObjectW", _HANDLE, _POINTER, _STR)
_SetInformationJobObject = declare(
    kernel32, "SetInformationJobObject", _BOOL, _HANDLE, ctypes.c_int, _POINTER, _DWORD
)
_AssignProcessToJobObject = declare(kernel32, "AssignProcessToJobObject", _BOOL, _HANDLE, _HANDLE)
_BeginUpdateResourceW = declare(kernel32, "BeginUpdateResourceW", _HANDLE, _STR, _BOOL)
_UpdateResourceW = declare(
    kernel32, "UpdateResourceW", _BOOL, _HANDLE, _POINTER, _STR, wintypes.WORD, _BYTES, _DWORD
)
_EndUpdateResourceW = declare(kernel32, "EndUpdateResourceW", _BOOL, _HANDLE, _BOOL)
_LoadLibraryExW = declare(kernel32, "LoadLibraryExW", wintypes.HMODULE, _STR, _HANDLE, _DWORD)
_FreeLibrary = declare(kernel32, "FreeLibrary", _BOOL, wintypes.HMODULE)
_FindResourceW = declare(kernel32, "FindResourceW", _HANDLE, wintypes.HMODULE, _STR, _POINTER)
_LoadResource = declare(kernel32, "LoadResource", _HANDLE, wintypes.HMODULE, _HANDLE)
_LockResource = declare(kernel32, "LockResource", _POINTER, _HANDLE)
_SizeofResource = declare(kernel32, "SizeofResource", _DWORD, wintypes.HMODULE, _HANDLE)
_RtlGetLastNtStatus = declare(ntdll, "RtlGetLastNtStatus", ctypes.c_uint32)
_RtlNtStatusToDosError = declare(ntdll, "RtlNtStatusToDosError", ctypes.c_uint32, ctypes.c_uint32)
_NtSetInformationFile = declare(
    ntdll,
    "NtSetInformationFile",
    ctypes.c_uint32,
    *(_HANDLE, _POINTER, _BYTES, ctypes.c_uint32, ctypes.c_int),
)


def failure(path: str | None = None, path2: str | None = None, *, code: int | None = None) -> OSError:
    """Make the error of the call that just failed on this thread, with its ``ntstatus`` if it has one.

    Two different refusals may share a Win32 code: 5 is an access denied, but also a delete that is
    pending. The kernel's own status tells them apart; it is kept only if it stands for this very code.
    """
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


def ntstatus_of(error: OSError) -> int | None:
    """The kernel's status behind an error of this module, if there was one."""
    return getattr(error, "ntstatus", None)


def wine_version() -> str | None:
    """The version of Wine that this runs under; ``None`` on Windows."""
    try:
        function = ntdll.wine_get_version
    except AttributeError:
        return None
    function.restype = ctypes.c_char_p
    version = function()
    return version.decode() if isinstance(version, bytes) else None


# --- handles


def open_handle(
    path: str, access: int, share: int, disposition: int = OPEN_EXISTING, flags: int = 0
) -> Handle:
    """``CreateFileW``; directories too."""
    flags |= FILE_FLAG_BACKUP_SEMANTICS
    handle = _CreateFileW(path, access, share, None, disposition, flags, None)
    if handle is None or handle == _INVALID_HANDLE:
        raise failure(path)
    return int(handle)


def close(handle: Handle) -> None:
    """``CloseHandle``."""
    if not _CloseHandle(handle):
        raise failure()


@contextmanager
def opened(
    path: str, access: int, share: int, disposition: int = OPEN_EXISTING, flags: int = 0
) -> Iterator[Handle]:
    """`open_handle`, closed at the end."""
    handle = open_handle(path, access, share, disposition, flags)
    try:
        yield handle
    finally:
        close(handle)


def final_path(handle: Handle) -> str:
    r"""``GetFinalPathNameByHandleW``: where an open file is now, as a verbatim (``\\?\``) path."""
    size = 32768
    buffer = ctypes.create_unicode_buffer(size)
    if not _GetFinalPathNameByHandleW(handle, buffer, size, 0):
        raise failure()
    return buffer.value


# --- renaming


def move(source: str, target: str, flags: int) -> None:
    """``MoveFileExW``."""
    if not _MoveFileExW(source, target, flags):
        raise failure(source, target)


def replace_file(target: str, replacement: str) -> None:
    """``ReplaceFileW`` without a backup."""
    if not _ReplaceFileW(target, replacement, None, 0, None, None):
        raise failure(replacement, target)


def rename_info(target: str, flags: int = RENAME_REPLACE_POSIX) -> bytes:
    """``FILE_RENAME_INFO``, whose name has no fixed length: flags, no root, length in bytes, name."""
    name = target.encode("utf-16-le", "surrogatepass")
    return struct.pack("@IPI", flags, 0, len(name)) + name + b"\0\0"


def rename_by_handle(source: str, target: str) -> None:
    """``SetFileInformationByHandle(FileRenameInfoEx)`` with POSIX semantics, replacing."""
    info = rename_info(target)
    with _to_change(source) as handle:
        if not _SetFileInformationByHandle(handle, FILE_RENAME_INFO_EX, info, len(info)):
            raise failure(source, target)


def _to_change(path: str) -> Any:
    """Open for renaming or deleting, as Rust's ``std::fs`` does: sharing all, a link as itself."""
    return opened(path, DELETE, FILE_SHARE_ALL, flags=FILE_FLAG_OPEN_REPARSE_POINT)


def nt_rename(source: str, target: str) -> None:
    """``NtSetInformationFile(FileRenameInformationEx)``: the same one level below."""
    info = rename_info(nt_path(target))
    with _to_change(source) as handle:
        _nt_set(handle, NT_FILE_RENAME_INFORMATION_EX, info, source, target)


def nt_delete(path: str) -> None:
    """``NtSetInformationFile(FileDispositionInformationEx)``: a POSIX delete one level below."""
    with _to_change(path) as handle:
        info = struct.pack("=I", DISPOSITION_DELETE_POSIX)
        _nt_set(handle, NT_FILE_DISPOSITION_INFORMATION_EX, info, path)


def _nt_set(handle: Handle, kind: int, info: bytes, path: str, path2: str | None = None) -> None:
    block = _IoStatusBlock()
    status = _NtSetInformationFile(handle, ctypes.byref(block), info, len(info), kind)
    if status:
        raise status_failure(status, path, path2)


def nt_path(path: str) -> str:
    r"""Spell an absolute path as the kernel's object manager does: ``\??\C:\…``."""
    bare = path.removeprefix("\\\\?\\")
    if bare.startswith("\\\\"):
        return "\\??\\UNC" + bare[1:]
    return "\\??\\" + bare


# --- attributes, deleting, making


def set_attributes(path: str, attributes: int) -> None:
    """``SetFileAttributesW``."""
    if not _SetFileAttributesW(path, attributes):
        raise failure(path)


def get_attributes(path: str) -> int:
    """``GetFileAttributesW``."""
    attributes = int(_GetFileAttributesW(path))
    if attributes == 0xFFFFFFFF:  # noqa: PLR2004 - INVALID_FILE_ATTRIBUTES
        raise failure(path)
    return attributes


def delete_file(path: str) -> None:
    """``DeleteFileW``."""
    if not _DeleteFileW(path):
        raise failure(path)


def posix_delete(path: str) -> None:
    """``SetFileInformationByHandle(FileDispositionInfoEx)``: the name goes at once."""
    info = struct.pack("=I", DISPOSITION_DELETE_POSIX)
    with _to_change(path) as handle:
        if not _SetFileInformationByHandle(handle, FILE_DISPOSITION_INFO_EX, info, len(info)):
            raise failure(path)


def mark_for_deletion(handle: Handle) -> None:
    """``SetFileInformationByHandle(FileDispositionInfo)``: gone when its last handle is closed."""
    if not _SetFileInformationByHandle(handle, FILE_DISPOSITION_INFO, b"\1", 1):
        raise failure()


def remove_directory(path: str) -> None:
    """``RemoveDirectoryW``."""
    if not _RemoveDirectoryW(path):
        raise failure(path)


def create_directory(path: str) -> None:
    """``CreateDirectoryW``."""
    if not _CreateDirectoryW(path, None):
        raise failure(path)


def create_hard_link(source: str, link: str) -> None:
    """``CreateHardLinkW``."""
    if not _CreateHardLinkW(link, source, None):
        raise failure(source, link)


def copy_file(source: str, target: str) -> None:
    """``CopyFileExW``, over what is there."""
    if not _CopyFileExW(source, target, None, None, None, 0):
        raise failure(source, target)


# --- bytes


def read_all(handle: Handle, path: str) -> bytes:
    """``ReadFile`` from the start to the end."""
    size = ctypes.c_int64()
    if not _GetFileSizeEx(handle, ctypes.byref(size)):
        raise failure(path)
    buffer = ctypes.create_string_buffer(max(size.value, 1))
    done = wintypes.DWORD()
    if not _ReadFile(handle, buffer, size.value, ctypes.byref(done), None):
        raise failure(path)
    return buffer.raw[: done.value]


def write_all(handle: Handle, content: bytes, path: str) -> None:
    """``WriteFile`` at the handle's place."""
    done = wintypes.DWORD()
    if not _WriteFile(handle, content, len(content), ctypes.byref(done), None):
        raise failure(path)


def lock_all(handle: Handle, path: str) -> None:
    """``LockFileEx``: all bytes, for this handle alone, or fail at once. Closing unlocks."""
    where = Overlapped()
    flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY
    if not _LockFileEx(handle, flags, 0, 0xFFFFFFFF, 0x7FFFFFFF, ctypes.byref(where)):
        raise failure(path)


def map_view(handle: Handle, path: str, *, image: bool) -> int:
    """Map an open file, as data or as the image of a program; give the view's address.

    The mapping outlives the file's handle; `unmap` ends it.
    """
    protection = PAGE_READONLY | (SEC_IMAGE if image else 0)
    mapping = _CreateFileMappingW(handle, None, protection, 0, 0, None)
    if not mapping:
        raise failure(path)
    try:
        view = _MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0)
        if not view:
            raise failure(path)
        return int(view)
    finally:
        close(mapping)


def unmap(view: int) -> None:
    """``UnmapViewOfFile``."""
    if not _UnmapViewOfFile(view):
        raise failure()


def device_control(handle: Handle, code: int, given: bytes, room: int = 256) -> bytes:
    """``DeviceIoControl``, waiting for the answer."""
    answer = ctypes.create_string_buffer(room)
    size = wintypes.DWORD()
    if not _DeviceIoControl(handle, code, given, len(given), answer, room, ctypes.byref(size), None):
        raise failure()
    return answer.raw[: size.value]


def cancel_io(handle: Handle) -> None:
    """``CancelIo``: give up what this thread asked of the handle and is not done."""
    _CancelIo(handle)


class OplockRequest:
    """An opportunistic lock that was asked for on an overlapped handle, and pends until it is broken."""

    def __init__(self, handle: Handle, code: int, given: bytes = b"") -> None:
        self.handle = handle
        self.event = create_event()
        self._overlapped = Overlapped(event=self.event)
        self._answer = ctypes.create_string_buffer(64)
        _DeviceIoControl(
            *(handle, code, given or None, len(given), self._answer, 64, None),
            ctypes.byref(self._overlapped),
        )
        self.code = ctypes.get_last_error()
        """997 (``ERROR_IO_PENDING``) where it was granted, else why not."""

    def close(self) -> None:
        """Give it back."""
        cancel_io(self.handle)
        close(self.event)


# --- resources of programs


def update_resource(path: str, name: str, data: bytes) -> None:
    """Add a resource to a program: ``BeginUpdateResourceW``, ``UpdateResourceW``, ``End…``.

    The update writes the file anew when it ends, and there a scanner's handle makes it fail with 110
    (``ERROR_OPEN_FAILED``, as uv#20567 reports) or 5.
    """
    update = _BeginUpdateResourceW(path, False)
    if not update:
        raise failure(path)
    if not _UpdateResourceW(update, RT_RCDATA, name, LANG_NEUTRAL, data, len(data)):
        error = failure(path)
        _EndUpdateResourceW(update, True)
        raise error
    if not _EndUpdateResourceW(update, False):
        raise failure(path)


def read_resource(path: str, name: str) -> bytes | None:
    """The bytes of a resource of a program; ``None`` if it has none of that name."""
    as_data_file = 0x2
    module = _LoadLibraryExW(path, None, as_data_file)
    if not module:
        raise failure(path)
    try:
        found = _FindResourceW(module, name, RT_RCDATA)
        if not found:
            return None
        size = _SizeofResource(module, found)
        return ctypes.string_at(_LockResource(_LoadResource(module, found)), size)
    finally:
        _FreeLibrary(module)


# --- waiting


def create_event(*, resets_itself: bool = False) -> Handle:
    """``CreateEventW``: unset at first; once set it stays so, or until one wait has seen it."""
    event = _CreateEventW(None, not resets_itself, False, None)
    if not event:
        raise failure()
    return int(event)


def set_event(event: Handle) -> None:
    """``SetEvent``."""
    if not _SetEvent(event):
        raise failure()


class Timer:
    """A waitable timer of high resolution, for one thread.

    Plain timers and ``Sleep`` tick every 15.6 ms on Windows; those of high resolution exist since
    Windows 10, 1803. `is_precise` says which one this is.
    """

    _HIGH_RESOLUTION = 0x2
    _ALL_ACCESS = 0x1F0003

    def __init__(self) -> None:
        self.is_precise = True
        timer = _CreateWaitableTimerExW(None, None, self._HIGH_RESOLUTION, self._ALL_ACCESS)
        if not timer:
            self.is_precise = False
            timer = _CreateWaitableTimerExW(None, None, 0, self._ALL_ACCESS)
        if not timer:
            raise failure()
        self.handle = int(timer)

    def wait(self, seconds: float, *events: Handle) -> int | None:
        """Wait until the time is over, or one of `events` is set: then return its place."""
        due = ctypes.c_int64(-round(max(seconds, 0) * 10_000_000))  # negative: relative, 100 ns
        if not _SetWaitableTimer(self.handle, ctypes.byref(due), 0, None, None, False):
            raise failure()
        return self._wait([*events, self.handle], len(events))

    def wait_for(self, *events: Handle) -> int | None:
        """Wait until one of `events` is set; return its place."""
        return self._wait(list(events), len(events))

    @staticmethod
    def _wait(handles: Sequence[Handle], time_place: int) -> int | None:
        array = (wintypes.HANDLE * len(handles))(*handles)
        signalled = int(_WaitForMultipleObjects(len(handles), array, False, INFINITE))
        if signalled >= len(handles):
            raise failure()
        return None if signalled == time_place else signalled

    def close(self) -> None:
        """Give it back."""
        close(self.handle)


# --- processes


def create_job() -> Handle:
    """A job whose processes end when its last handle is closed, however this process ends."""
    kill_on_job_close = 0x2000
    extended_limit_information = 9
    job = _CreateJobObjectW(None, None)
    if not job:
        raise failure()
    limits = _ExtendedLimits()
    limits.basic.limit_flags = kill_on_job_close
    if not _SetInformationJobObject(
        job, extended_limit_information, ctypes.byref(limits), ctypes.sizeof(limits)
    ):
        raise failure()
    return int(job)


def add_to_job(job: Handle, process: Handle) -> None:
    """``AssignProcessToJobObject``."""
    if not _AssignProcessToJobObject(job, process):
        raise failure()
