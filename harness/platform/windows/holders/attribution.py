"""Find the processes that have a file open, after a persist has failed for good.

There are three ways, of which the first two name a process without touching it: the Restart Manager,
which knows the users of files; the file system's own list of the processes that use a file or directory;
and, if neither finds any, a search of all handles (`handle_scan`). Scanners hold files for milliseconds:
an empty answer means that no process holds it *now*.

Never ask before the last attempt. The question opens the file or directory, and that handle would block
the next attempt: an open directory, or anything open in it, stops its rename.

Wine cannot tell: its Restart Manager is a stub that finds nothing and reports success, and its file
system keeps no such list. There, `attribute` raises an error; `search` works.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Mapping, Sequence
from ctypes import wintypes
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from harness.errors import NotSupportedError
from harness.platform.windows.environment.volumes import why
from harness.platform.windows.holders import handle_scan, processes
from harness.platform.windows.win32.file_handles import FILE_READ_ATTRIBUTES, FILE_SHARE_ALL, opened
from harness.platform.windows.win32.library import declare, failure, status_failure, wine_version

if TYPE_CHECKING:
    from harness.platform.base import Holder

MOST_FILES: Final = 500
"""The most files of a directory that are asked about by name; the search of handles covers all."""

_FILE_PROCESS_IDS_USING_FILE: Final = 47  # wdm.h: FileProcessIdsUsingFileInformation
_STATUS_INFO_LENGTH_MISMATCH: Final = 0xC0000004  # ntstatus.h
_STATUS_BUFFER_OVERFLOW: Final = 0x80000005
_ERROR_MORE_DATA: Final = 234  # winerror.h
_SESSION_KEY_ROOM: Final = 33  # restartmanager.h: CCH_RM_SESSION_KEY and the final zero
_HOW: Final = {"itself": "handle search", "content": "handle search, open in it"}


_RM_PROCESS_INFO: Final = struct.Struct("=I664x")
"""``RM_PROCESS_INFO``: the process id, then its start time, names, kinds and states."""

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
            f"Wine {wine} cannot tell who has a file open: its Restart Manager is a stub",
            hint="Only Windows can; the harness's own holds are in the receipts of its locker.",
        )
    left_out = _left_out(besides)
    found: dict[int, list[str]] = {}
    not_asked = []
    for name, ask in (("file process ids", users_of_file), ("Restart Manager", users_of_files_in)):
        try:
            users = ask(path)
        except OSError as error:
            not_asked.append(f"{name}: {why(error)}")
            continue
        for process_id in sorted(users - left_out):
            found.setdefault(process_id, []).append(name)
    if not found:
        searched = search(path, besides=besides)
        return Attribution(searched.holders, (*not_asked, *searched.not_asked))
    ways = {process_id: ", ".join(names) for process_id, names in found.items()}
    return Attribution(_described(ways), tuple(not_asked))


def search(
    path: str, *, besides: int | None = None, timeout_s: float = handle_scan.TIMEOUT_S
) -> Attribution:
    """Search all handles of the machine for `path` and what is in it; works under Wine too."""
    try:
        found = handle_scan.scan(path, _left_out(besides), timeout_s)
    except OSError as error:
        return Attribution((), (f"handle search: {why(error)}",))
    ways = {process_id: _HOW[relation] for process_id, relation in found.found.items()}
    return Attribution(_described(ways), tuple(f"handle search: {line}" for line in found.not_asked))


def _left_out(besides: int | None) -> frozenset[int]:
    idle = 0
    return frozenset({idle, os.getpid()} | ({besides} if besides is not None else set()))


def _described(ways: Mapping[int, str]) -> tuple[Holder, ...]:
    """Describe processes; several of one program are one holder."""
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


def users_of_files_in(path: str) -> set[int]:
    """The Restart Manager's answer for a file, or for the first files in a directory.

    Raises `OSError`, and `NotSupportedError` under Wine, where the answer would be empty and wrong.
    """
    if wine_version() is not None:
        raise NotSupportedError("the Restart Manager of Wine is a stub that finds nothing")
    below = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    files = list(islice(below, MOST_FILES)) if os.path.isdir(path) else [path]
    return _restart_manager(files) if files else set()


def _restart_manager(files: Sequence[str]) -> set[int]:
    """``RmStartSession``, ``RmRegisterResources``, ``RmGetList``; all return Win32 codes."""
    start = declare("DWORD rstrtmgr.RmStartSession(POINTER, DWORD, POINTER)")
    register = declare(
        "DWORD rstrtmgr.RmRegisterResources(DWORD, DWORD, POINTER, DWORD, POINTER, DWORD, POINTER)"
    )
    get_list = declare("DWORD rstrtmgr.RmGetList(DWORD, POINTER, POINTER, POINTER, POINTER)")
    end = declare("DWORD rstrtmgr.RmEndSession(DWORD)")
    session = wintypes.DWORD()
    _check(start(ctypes.byref(session), 0, ctypes.create_unicode_buffer(_SESSION_KEY_ROOM)))
    try:
        names = (wintypes.LPCWSTR * len(files))(*files)
        _check(register(session, len(files), names, 0, None, 0, None))
        return _listed(get_list, session)
    finally:
        end(session)


def _listed(get_list: Any, session: wintypes.DWORD) -> set[int]:
    needed, room, reasons = wintypes.UINT(), wintypes.UINT(16), wintypes.DWORD()
    for _ in range(8):  # the list may have grown since it was measured
        entries = ctypes.create_string_buffer(room.value * _RM_PROCESS_INFO.size)
        code = get_list(session, *map(ctypes.byref, (needed, room, entries, reasons)))
        if code != _ERROR_MORE_DATA:
            _check(code)
            listed = entries.raw[: room.value * _RM_PROCESS_INFO.size]
            return {process_id for (process_id,) in _RM_PROCESS_INFO.iter_unpack(listed)}
        room = wintypes.UINT(needed.value + 16)
    raise failure(code=_ERROR_MORE_DATA)


def _check(code: int) -> None:
    if code:
        raise failure(code=code)
