r"""The volume that a folder is on: what renames, deletes and scans there depend on.

Needs no administrator: volumes are opened for nothing but their attributes. Serial numbers and labels
are left out, and so are the names of servers and of folders that volumes are mounted in.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from ctypes import wintypes
from typing import TYPE_CHECKING, Final

if sys.platform != "win32":
    raise ImportError("volumes of Windows")

from harness.platform.windows import win32
from harness.platform.windows.environment.facts import Unreadable, Volume

if TYPE_CHECKING:
    from harness.platform.windows.environment.facts import DevDrive

_POINTER = ctypes.c_void_p
_GetVolumePathNameW = win32.declare(
    win32.kernel32,
    "GetVolumePathNameW",
    wintypes.BOOL,
    *(wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD),
)
_GetVolumeInformationW = win32.declare(
    win32.kernel32,
    "GetVolumeInformationW",
    wintypes.BOOL,
    *(wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD, _POINTER, _POINTER, _POINTER),
    *(wintypes.LPWSTR, wintypes.DWORD),
)
_GetDriveTypeW = win32.declare(win32.kernel32, "GetDriveTypeW", wintypes.UINT, wintypes.LPCWSTR)
_GetDiskFreeSpaceW = win32.declare(
    win32.kernel32,
    "GetDiskFreeSpaceW",
    wintypes.BOOL,
    *(wintypes.LPCWSTR, _POINTER, _POINTER, _POINTER, _POINTER),
)

# fileapi.h: the values of GetDriveTypeW.
_DRIVE_TYPES: Final = ("unknown", "no root", "removable", "fixed", "remote", "cd-rom", "ram disk")
_FILE_SUPPORTS_POSIX_UNLINK_RENAME: Final = 0x00000400  # winnt.h
_IOCTL_STORAGE_QUERY_PROPERTY: Final = 0x002D1400  # winioctl.h
_SEEK_PENALTY_PROPERTY: Final = 7  # winioctl.h: StorageDeviceSeekPenaltyProperty
_FSCTL_QUERY_PERSISTENT_VOLUME_STATE: Final = 0x0009023C  # winioctl.h
_DEV_VOLUME: Final = 0x2000  # ntifs.h: PERSISTENT_VOLUME_STATE_DEV_VOLUME
_TRUSTED_VOLUME: Final = 0x4000  # ntifs.h: PERSISTENT_VOLUME_STATE_TRUSTED_VOLUME
_ERROR_INVALID_PARAMETER: Final = 87
_PATH_ROOM: Final = 32768


def volume(folder: str) -> Volume:
    """Describe the volume of `folder`, which exists. Raises ``OSError`` if it cannot be found."""
    root_buffer = ctypes.create_unicode_buffer(_PATH_ROOM)
    if not _GetVolumePathNameW(folder, root_buffer, _PATH_ROOM):
        raise win32.failure(folder)
    root = root_buffer.value
    drive_type = _drive_type(root)
    file_system, flags = _information(root)
    return Volume(
        name=_name(root, drive_type),
        drive_type=drive_type,
        file_system=file_system,
        flags=flags if isinstance(flags, Unreadable) else f"{flags:#010x}",
        posix_unlink_rename=flags
        if isinstance(flags, Unreadable)
        else bool(flags & _FILE_SUPPORTS_POSIX_UNLINK_RENAME),
        cluster_bytes=_cluster_bytes(root),
        seek_penalty=_seek_penalty(root),
        dev_drive=_dev_drive(root),
    )


def real_path(folder: str) -> str:
    """The place of `folder`, behind links. Raises ``OSError`` if it does not exist.

    Not every driver can tell (some RAM disks answer error 1 or 1005): then as it was spelled.
    """
    try:
        return os.path.realpath(folder, strict=True)
    except OSError:
        os.stat(folder)
        return os.path.abspath(folder)


def is_remote(drive: str) -> bool:
    """Whether a drive, such as ``D:``, is of another machine. That machine is not asked."""
    return _drive_type(f"{drive}\\") == "remote"


def why(error: OSError) -> str:
    """Say what went wrong, without the path that the error names."""
    reason = (error.strerror or "no reason given").strip().rstrip(".")
    return f"error {error.winerror or error.errno}, {reason}"


def _drive_type(root: str) -> str:
    kind = int(_GetDriveTypeW(root))
    return _DRIVE_TYPES[kind] if kind < len(_DRIVE_TYPES) else "unknown"


def _name(root: str, drive_type: str) -> str:
    letter = os.path.splitdrive(root)[0]
    if drive_type == "remote" or root.startswith("\\\\"):
        return "a network share"
    return (
        letter if os.path.normcase(root) == os.path.normcase(f"{letter}\\") else f"mounted on {letter}"
    )


def _information(root: str) -> tuple[str, int] | tuple[Unreadable, Unreadable]:
    name = ctypes.create_unicode_buffer(64)
    flags = wintypes.DWORD()
    if _GetVolumeInformationW(root, None, 0, None, None, ctypes.byref(flags), name, len(name)):
        return name.value, flags.value
    unreadable = Unreadable(why(win32.failure()))
    return unreadable, unreadable


def _cluster_bytes(root: str) -> int | Unreadable:
    sectors, size, free, total = (wintypes.DWORD() for _ in range(4))
    parts = (ctypes.byref(part) for part in (sectors, size, free, total))
    if not _GetDiskFreeSpaceW(root, *parts):
        return Unreadable(why(win32.failure()))
    return sectors.value * size.value


def _seek_penalty(root: str) -> bool | Unreadable:
    """Whether the disk says that it turns; a virtual one says what its host likes."""
    letter = os.path.splitdrive(root)[0]
    if letter != root.rstrip("\\"):
        return Unreadable("only asked of volumes with a letter")
    try:
        # 0: for nothing at all, or the device would ask for an administrator.
        with win32.opened(f"\\\\.\\{letter}", 0, win32.FILE_SHARE_ALL) as handle:
            query = struct.pack("=III", _SEEK_PENALTY_PROPERTY, 0, 0)
            answer = win32.device_control(handle, _IOCTL_STORAGE_QUERY_PROPERTY, query, 12)
    except OSError as error:
        return Unreadable(why(error))
    # DEVICE_SEEK_PENALTY_DESCRIPTOR: version, size, one byte.
    return bool(answer[8]) if len(answer) > 8 else Unreadable("the answer is too short")  # noqa: PLR2004


def _dev_drive(root: str) -> DevDrive | Unreadable:
    """Ask the file system through its root directory, as `os.path.isdevdrive` does.

    A handle on the volume's device, opened for attributes alone, would not reach the file system.
    """
    # FILE_FS_PERSISTENT_VOLUME_INFORMATION: flags, mask, version 1, reserved.
    query = struct.pack("=IIII", 0, _DEV_VOLUME | _TRUSTED_VOLUME, 1, 0)
    try:
        with win32.opened(root, win32.FILE_READ_ATTRIBUTES, win32.FILE_SHARE_ALL) as handle:
            answer = win32.device_control(handle, _FSCTL_QUERY_PERSISTENT_VOLUME_STATE, query, 16)
    except OSError as error:
        if error.winerror == _ERROR_INVALID_PARAMETER:  # a Windows that knows no such flags
            return "no"
        return Unreadable(why(error))
    if len(answer) < 4:  # noqa: PLR2004 - one DWORD
        return Unreadable("the answer is too short")
    (flags,) = struct.unpack_from("=I", answer)
    if not flags & _DEV_VOLUME:
        return "no"
    return "trusted" if flags & _TRUSTED_VOLUME else "not trusted"
