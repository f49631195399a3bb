"""The volume of a folder, on which renames, deletes and scans depend, and the folder of a location.

Needs no administrator: volumes are opened for their attributes only. Serial numbers and labels are left
out, and so are the names of servers and of folders that volumes are mounted in.
"""

from __future__ import annotations

import ctypes
import ntpath
import os
import re
import struct
from collections.abc import Callable
from ctypes import wintypes
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from harness.errors import InvalidInputError
from harness.platform.windows.environment.facts import DevDrive, Unreadable, Volume
from harness.platform.windows.win32.file_handles import (
    FILE_READ_ATTRIBUTES,
    FILE_SHARE_ALL,
    LONGEST_PATH,
    device_control,
    opened,
)
from harness.platform.windows.win32.library import check, declare
from harness.winerror import INVALID_PARAMETER, winerror_of

T = TypeVar("T")

_GetVolumePathNameW = declare("BOOL kernel32.GetVolumePathNameW(STR, POINTER, DWORD)")
_GetVolumeInformationW = declare(
    "BOOL kernel32.GetVolumeInformationW(STR, POINTER, DWORD, POINTER, POINTER, POINTER, POINTER, DWORD)"
)
_GetDriveTypeW = declare("DWORD kernel32.GetDriveTypeW(STR)")
_GetDiskFreeSpaceW = declare("BOOL kernel32.GetDiskFreeSpaceW(STR, POINTER, POINTER, POINTER, POINTER)")

# fileapi.h: the values of GetDriveTypeW.
_DRIVE_TYPES: Final = ("unknown", "no root", "removable", "fixed", "remote", "cd-rom", "ram disk")
_FILE_SUPPORTS_POSIX_UNLINK_RENAME: Final = 0x00000400  # winnt.h
_IOCTL_STORAGE_QUERY_PROPERTY: Final = 0x002D1400  # winioctl.h
_SEEK_PENALTY_PROPERTY: Final = 7  # winioctl.h: StorageDeviceSeekPenaltyProperty
_FSCTL_QUERY_PERSISTENT_VOLUME_STATE: Final = 0x0009023C  # winioctl.h
_DEV_VOLUME: Final = 0x2000  # ntifs.h: PERSISTENT_VOLUME_STATE_DEV_VOLUME
_TRUSTED_VOLUME: Final = 0x4000  # ntifs.h: PERSISTENT_VOLUME_STATE_TRUSTED_VOLUME


def volume(folder: str) -> Volume:
    """The volume of `folder`, which must exist. Raises `OSError` if it cannot be found."""
    root_buffer = ctypes.create_unicode_buffer(LONGEST_PATH)
    check(_GetVolumePathNameW(folder, root_buffer, LONGEST_PATH), folder)
    root = root_buffer.value
    drive_type = _drive_type(root)
    information = or_unreadable(partial(_information, root))
    file_system, flags, posix_unlink_rename = (
        (information,) * 3 if isinstance(information, Unreadable) else information
    )
    return Volume(
        name=_name(root, drive_type),
        drive_type=drive_type,
        file_system=file_system,
        flags=flags,
        posix_unlink_rename=posix_unlink_rename,
        cluster_bytes=or_unreadable(partial(_cluster_bytes, root)),
        seek_penalty=or_unreadable(partial(_seek_penalty, root)),
        dev_drive=or_unreadable(partial(_dev_drive, root)),
    )


def or_unreadable(ask: Callable[[], T]) -> T | Unreadable:
    """The answer of `ask`, or the reason why there is none."""
    try:
        return ask()
    except OSError as error:
        return Unreadable(why(error))
    except (AttributeError, ValueError) as error:  # a function or a value that is not as documented
        return Unreadable(type(error).__name__)


def real_path(folder: str) -> str:
    """The path of `folder` without links. Raises `OSError` if it does not exist.

    Some drivers cannot tell (RAM disks answer error 1 or 1005): then the path is only made absolute.
    """
    try:
        return os.path.realpath(folder, strict=True)
    except OSError:
        os.stat(folder)
        return os.path.abspath(folder)


def find_folder(location: str) -> Path:
    r"""The folder that a location names, without links.

    The drive is checked before the folder is touched: a variable may lead to another machine, as
    ``%HOMEPATH%\evil\share`` does where it is ``\``, and Windows would log on there. Raises
    `InvalidInputError` if it is not a folder on a drive of this machine.
    """
    spelled = os.path.expanduser(os.path.expandvars(location))
    drive = ntpath.splitdrive(spelled)[0]
    reason, hint = None, "Choose another with --factor location=…"
    if not re.fullmatch("[A-Za-z]:", drive):
        reason = f": {spelled} has no drive with a letter"
    elif is_remote(drive):
        reason = f": {drive} is a drive of another"
    elif not os.path.isdir(spelled):
        reason, hint = "", "Create it first, or choose another with --factor location=…"
    if reason is not None:
        raise InvalidInputError(
            f"the location {location} is not a folder of this machine{reason}", hint=hint
        )
    return Path(real_path(spelled))


def is_remote(drive: str) -> bool:
    """Whether a drive, such as ``D:``, belongs to another machine. That machine is not contacted."""
    return _drive_type(f"{drive}\\") == "remote"


def why(error: OSError) -> str:
    """Describe an error without the path in it."""
    reason = (error.strerror or "no reason given").strip().rstrip(".")
    return f"error {winerror_of(error) or error.errno}, {reason}"


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


def _information(root: str) -> tuple[str, str, bool]:
    """The file system, its flags, and whether one of them is for POSIX renames and deletes."""
    name = ctypes.create_unicode_buffer(64)
    given = wintypes.DWORD()
    check(_GetVolumeInformationW(root, None, 0, None, None, ctypes.byref(given), name, len(name)))
    flags = given.value
    return name.value, f"{flags:#010x}", bool(flags & _FILE_SUPPORTS_POSIX_UNLINK_RENAME)


def _cluster_bytes(root: str) -> int:
    sectors, size, free, total = (wintypes.DWORD() for _ in range(4))
    check(_GetDiskFreeSpaceW(root, *map(ctypes.byref, (sectors, size, free, total))))
    return sectors.value * size.value


def _seek_penalty(root: str) -> bool | Unreadable:
    """Whether the disk reports that it rotates; a virtual disk may report anything."""
    letter = os.path.splitdrive(root)[0]
    if letter != root.rstrip("\\"):
        return Unreadable("only asked of volumes with a letter")
    # 0: no access at all, or the device would ask for an administrator.
    with opened(f"\\\\.\\{letter}", 0, FILE_SHARE_ALL) as handle:
        query = struct.pack("=III", _SEEK_PENALTY_PROPERTY, 0, 0)
        answer = device_control(handle, _IOCTL_STORAGE_QUERY_PROPERTY, query, 12)
    # DEVICE_SEEK_PENALTY_DESCRIPTOR: version, size, one byte.
    return bool(answer[8]) if len(answer) > 8 else Unreadable("the answer is too short")  # noqa: PLR2004


def _dev_drive(root: str) -> DevDrive | Unreadable:
    """Ask the file system through its root directory, as `os.path.isdevdrive` does.

    A handle on the volume's device, opened for attributes alone, would not reach the file system.
    """
    # FILE_FS_PERSISTENT_VOLUME_INFORMATION: flags, mask, version 1, reserved.
    query = struct.pack("=IIII", 0, _DEV_VOLUME | _TRUSTED_VOLUME, 1, 0)
    try:
        with opened(root, FILE_READ_ATTRIBUTES, FILE_SHARE_ALL) as handle:
            answer = device_control(handle, _FSCTL_QUERY_PERSISTENT_VOLUME_STATE, query, 16)
    except OSError as error:
        if winerror_of(error) == INVALID_PARAMETER:  # a Windows without these flags
            return "no"
        raise
    if len(answer) < 4:  # noqa: PLR2004 - one DWORD
        return Unreadable("the answer is too short")
    (flags,) = struct.unpack_from("=I", answer)
    if not flags & _DEV_VOLUME:
        return "no"
    return "trusted" if flags & _TRUSTED_VOLUME else "not trusted"
