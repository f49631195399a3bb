"""Make symbolic links and junctions."""

from __future__ import annotations

import struct
from typing import Final

from harness.platform.windows.win32.file_handles import (
    FILE_FLAG_OPEN_REPARSE_POINT,
    GENERIC_WRITE,
    device_control,
    opened,
)
from harness.platform.windows.win32.file_names import create_directory, remove_directory
from harness.platform.windows.win32.library import check, declare

SYMBOLIC_LINK_FLAG_DIRECTORY: Final = 0x1
SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE: Final = 0x2
FSCTL_SET_REPARSE_POINT: Final = 0x900A4
IO_REPARSE_TAG_MOUNT_POINT: Final = 0xA0000003

_CreateSymbolicLinkW = declare("BOOL kernel32.CreateSymbolicLinkW(STR, STR, DWORD)")


def create_symbolic_link(path: str, to: str, *, is_folder: bool) -> None:
    """``CreateSymbolicLinkW``, also for accounts that have only the developer mode."""
    kind = SYMBOLIC_LINK_FLAG_DIRECTORY if is_folder else 0
    check(_CreateSymbolicLinkW(path, to, kind | SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE), path)


def create_junction(path: str, to: str) -> None:
    """Make a folder, and let it lead to the absolute path `to`; remove it again if it cannot."""
    create_directory(path)
    try:
        with opened(path, GENERIC_WRITE, 0, flags=FILE_FLAG_OPEN_REPARSE_POINT) as handle:
            device_control(handle, FSCTL_SET_REPARSE_POINT, mount_point(to), 0)
    except OSError:
        remove_directory(path)
        raise


def mount_point(to: str) -> bytes:
    r"""``REPARSE_DATA_BUFFER`` of a junction: the kernel's name of the folder (``\??\``…), ours."""
    bare = to.removeprefix("\\\\?\\")
    kernel, shown = (name.encode("utf-16-le", "surrogatepass") for name in ("\\??\\" + bare, bare))
    names = kernel + b"\0\0" + shown + b"\0\0"
    lengths = struct.pack("<HHHH", 0, len(kernel), len(kernel) + 2, len(shown))
    data = lengths + names
    return struct.pack("<IHH", IO_REPARSE_TAG_MOUNT_POINT, len(data), 0) + data
