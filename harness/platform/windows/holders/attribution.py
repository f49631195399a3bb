"""Find the processes that have a file open, after a persist has failed for good.

The file system itself is asked, file by file: it names the processes that use one without any of them
being opened. (A search of all handles would open every process, and some handles never answer.)
Scanners hold files for milliseconds: an empty answer means that no process holds it *now*.

Never ask before the last attempt. The question opens the file or directory, and that handle would block
the next attempt: an open directory, or anything open in it, stops its rename.

Wine keeps no such list. There, `attribute` raises an error.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.errors import NotSupportedError
from harness.platform.windows.environment.volumes import why
from harness.platform.windows.holders import processes
from harness.platform.windows.win32.file_handles import FILE_READ_ATTRIBUTES, FILE_SHARE_ALL, opened
from harness.platform.windows.win32.library import declare, status_failure, wine_version

if TYPE_CHECKING:
    from harness.platform.base import Holder

MOST_ASKED: Final = 64
"""The most paths that are asked about: scanners hold programs and libraries for longest."""

_PROGRAMS: Final = (".dll", ".exe", ".pyd", ".sys")
_FILE_PROCESS_IDS_USING_FILE: Final = 47  # wdm.h: FileProcessIdsUsingFileInformation
_STATUS_INFO_LENGTH_MISMATCH: Final = 0xC0000004  # ntstatus.h
_STATUS_BUFFER_OVERFLOW: Final = 0x80000005

_NtQueryInformationFile = declare(
    "STATUS ntdll.NtQueryInformationFile(HANDLE, POINTER, POINTER, DWORD, INT)"
)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The processes that had it open, and sentences about what could not be asked."""

    holders: tuple[Holder, ...]
    not_asked: tuple[str, ...]


def attribute(path: str, *, besides: int | None = None) -> Attribution:
    """Find the processes that have `path`, or something in it, open now.

    This process is left out, and so is that of the id `besides`, such as the harness's own locker.
    Errors on the way are not raised but described in `Attribution.not_asked`. Raises `NotSupportedError`
    under Wine.
    """
    if (wine := wine_version()) is not None:
        raise NotSupportedError(
            f"Wine {wine} cannot tell who has a file open: it keeps no list",
            hint="Only Windows can; the harness's own holds are in the receipts of its locker.",
        )
    idle = 0
    left_out = {idle, os.getpid(), besides}
    found: dict[int, str] = {}
    not_asked: dict[str, None] = {}
    asked, more = paths_to_ask(path)
    for each in asked:
        way = "file process ids" if each == path else "file process ids, open in it"
        try:
            users = users_of_file(each)
        except OSError as error:
            not_asked[f"file process ids: {why(error)}"] = None
            continue
        for process_id in sorted(users - left_out):
            found.setdefault(process_id, way)
    if more:
        not_asked[f"paths in it beyond the first {len(asked)}: {more}"] = None
    return Attribution(described(found), tuple(not_asked))


def paths_to_ask(path: str) -> tuple[list[str], int]:
    """The paths to ask about: itself, then what is in it; and the number that is left out.

    Programs and libraries come first, the largest of them before all.
    """
    inside = sorted(_inside(path))
    asked = [path, *(name for _, _, name in inside[: MOST_ASKED - 1])]
    return asked, 1 + len(inside) - len(asked)


def _inside(folder: str) -> Iterator[tuple[bool, int, str]]:
    """What is below a folder, nothing for a file, each with its rank. No file is opened for it."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # a file, or a folder that is gone or closed to this user
        return
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        size = 0 if is_folder else entry.stat(follow_symlinks=False).st_size
        yield not entry.name.lower().endswith(_PROGRAMS), -size, entry.path
        if is_folder:
            yield from _inside(entry.path)


def described(ways: dict[int, str]) -> tuple[Holder, ...]:
    """Describe processes, of which the way each was found is given; several of one program are one."""
    try:
        names = processes.program_names()
    except OSError:
        names = {}
    return tuple(
        dict.fromkeys(
            processes.holder(process_id, names, way) for process_id, way in sorted(ways.items())
        )
    )


def users_of_file(path: str) -> set[int]:
    """``FileProcessIdsUsingFileInformation``: the ids of all processes that use a file or directory.

    This process is one of them, by the handle that asks. Raises `OSError`.
    """
    # FILE_PROCESS_IDS_USING_FILE_INFORMATION: a ULONG, then as many ULONG_PTR, aligned.
    pointer = struct.calcsize("@P")
    room = 64 * pointer
    with opened(path, FILE_READ_ATTRIBUTES, FILE_SHARE_ALL) as handle:
        while True:
            buffer = ctypes.create_string_buffer(room)
            block = ctypes.create_string_buffer(2 * pointer)  # IO_STATUS_BLOCK
            status = _NtQueryInformationFile(handle, block, buffer, room, _FILE_PROCESS_IDS_USING_FILE)
            if status not in {_STATUS_INFO_LENGTH_MISMATCH, _STATUS_BUFFER_OVERFLOW} or room > 1 << 20:
                break
            room *= 4
    if status:
        raise status_failure(status, path)
    (count,) = struct.unpack_from("@I", buffer)
    return set(struct.unpack_from(f"@{count}P", buffer, pointer))
