"""Search the handles of all processes for those on a path, or on something in it: the last resort.

The kernel lists every handle of the machine; each file handle of a process that this user may copy
handles from is copied and asked for its name. This finds what nothing else does, an open child of a
directory above all, at a price: thousands of calls, and a copy keeps a handle's file open for a moment.

A name cannot always be read. Pipes are left out by their type, which is known without waiting. A file
whose owner waits for an answer on that very handle (a watcher of a directory) would block the question:
such a handle is skipped, and the search goes on beyond it on another thread.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from ctypes import wintypes
from dataclasses import dataclass
from typing import Final

from harness.platform.windows.holders import processes
from harness.platform.windows.win32.file_handles import (
    FILE_READ_ATTRIBUTES,
    FILE_SHARE_ALL,
    close,
    final_path,
    opened,
)
from harness.platform.windows.win32.library import Handle, declare

TIMEOUT_S: Final = 2.0
STALL_S: Final = 0.25
"""A name takes microseconds; one that takes this long never comes."""
MOST_STALLS: Final = 4

_SYSTEM_EXTENDED_HANDLE_INFORMATION: Final = 64  # ntdll; its structures are those of phnt, ntexapi.h
_STATUS_INFO_LENGTH_MISMATCH: Final = 0xC0000004  # ntstatus.h
_PROCESS_DUP_HANDLE: Final = 0x0040  # winnt.h
_DUPLICATE_SAME_ACCESS: Final = 0x2
_FILE_TYPE_DISK: Final = 0x1  # winbase.h
_FIRST_ROOM: Final = 1 << 20
_MOST_ROOM: Final = 1 << 28

_HEAD: Final = struct.Struct("@PP")  # number of handles, reserved
# Object, process id, handle, access, back trace, type, attributes, reserved.
_ENTRY: Final = struct.Struct("@PPPIHHII")

_NtQuerySystemInformation = declare(
    "STATUS ntdll.NtQuerySystemInformation(INT, POINTER, DWORD, POINTER)"
)
_DuplicateHandle = declare(
    "BOOL kernel32.DuplicateHandle(HANDLE, HANDLE, HANDLE, POINTER, DWORD, BOOL, DWORD)"
)
_GetFileType = declare("DWORD kernel32.GetFileType(HANDLE)")
_THIS_PROCESS: Final = -1  # the pseudo handle of GetCurrentProcess


@dataclass(frozen=True, slots=True)
class Scan:
    """The way in which each process (by id) has it open, and what could not be searched."""

    found: Mapping[int, str]
    not_asked: tuple[str, ...]


def scan(path: str, besides: frozenset[int], timeout_s: float = TIMEOUT_S) -> Scan:
    """Search for handles on `path`, which must exist, and on everything below it.

    This process and those in `besides` are left out. Raises `OSError` if `path` cannot be opened for its
    attributes, or the kernel does not list handles.
    """
    deadline = time.monotonic() + timeout_s
    with opened(path, FILE_READ_ATTRIBUTES, FILE_SHARE_ALL) as own:
        target = os.path.normcase(final_path(own)).rstrip("\\")
        handles = list(_handles())
        here = os.getpid()
        file_type = next(
            (kind for process, handle, kind in handles if (process, handle) == (here, own)), None
        )
    if file_type is None:
        raise OSError(0, "the kernel's list of handles lacks one that is open")
    wanted = [
        (process, handle)
        for process, handle, kind in handles
        if kind == file_type and process not in besides | {here}
    ]
    return _Search(target, wanted).run(deadline)


class _Search:
    """One search, on one thread after the other."""

    def __init__(self, target: str, handles: list[tuple[int, int]]) -> None:
        self.target = target
        self.found: dict[int, str] = {}
        self.refused: set[int] = set()
        self.looked_at = 0
        self._handles = iter(handles)
        self._sources: dict[int, Handle | None] = {}

    def run(self, deadline: float) -> Scan:
        """Search until `deadline`, of ``time.monotonic``."""
        stalls = 0
        ended = given_up = False
        stop, worker = self._start()
        while not (ended or given_up):
            before = self.looked_at
            worker.join(min(STALL_S, max(deadline - time.monotonic(), 0)))
            ended = not worker.is_alive()
            given_up = not ended and time.monotonic() >= deadline
            if not (ended or given_up) and self.looked_at == before:
                stop.set()
                stalls += 1
                given_up = stalls > MOST_STALLS
                stop, worker = self._start()
        if given_up:
            stop.set()
            worker.join(STALL_S)
        if not worker.is_alive():
            self._close_sources()
        return Scan(dict(self.found), tuple(self._not_asked(stalls, given_up=given_up)))

    def _not_asked(self, stalls: int, *, given_up: bool) -> Iterator[str]:
        if self.refused:
            yield f"processes whose handles cannot be copied: {len(self.refused)}"
        if stalls:
            yield f"handles whose file cannot be determined: {stalls}"
        if given_up:
            yield "it was stopped before its end"

    def _start(self) -> tuple[threading.Event, threading.Thread]:
        stop = threading.Event()
        worker = threading.Thread(target=self._look, args=(stop,), daemon=True)
        worker.start()
        return stop, worker

    def _look(self, stop: threading.Event) -> None:
        for process, handle in self._handles:
            how = self._relation(process, handle)
            if how is not None and self.found.get(process) != "itself":
                self.found[process] = how
            self.looked_at += 1
            if stop.is_set():
                return

    def _relation(self, process: int, handle: int) -> str | None:
        """``itself`` or ``content`` if this handle is on the target or in it."""
        copy = self._copy(process, handle)
        if copy is None:
            return None
        try:
            if _GetFileType(copy) != _FILE_TYPE_DISK:
                return None
            name = os.path.normcase(final_path(copy))
        except OSError:  # deleted, or of a device without names
            return None
        finally:
            close(copy)
        if name == self.target:
            return "itself"
        return "content" if name.startswith(self.target + "\\") else None

    def _copy(self, process: int, handle: int) -> Handle | None:
        source = self._source(process)
        if source is None:
            return None
        copy = wintypes.HANDLE()
        done = _DuplicateHandle(
            *(source, handle, _THIS_PROCESS, ctypes.byref(copy), 0, False, _DUPLICATE_SAME_ACCESS)
        )
        return int(copy.value) if done and copy.value else None

    def _source(self, process: int) -> Handle | None:
        if process not in self._sources:
            try:
                self._sources[process] = processes.open_process(process, _PROCESS_DUP_HANDLE)
            except OSError:
                self._sources[process] = None
                self.refused.add(process)
        return self._sources[process]

    def _close_sources(self) -> None:
        for source in self._sources.values():
            if source is not None:
                close(source)


def _handles() -> Iterator[tuple[int, int, int]]:
    """All handles of the machine: process id, value, number of the type."""
    room = _FIRST_ROOM
    while True:
        buffer = ctypes.create_string_buffer(room)
        status = _NtQuerySystemInformation(_SYSTEM_EXTENDED_HANDLE_INFORMATION, buffer, room, None)
        if status != _STATUS_INFO_LENGTH_MISMATCH or room >= _MOST_ROOM:
            break
        room *= 4
    if status:
        raise OSError(0, f"the kernel does not list handles: status {status:#x}")
    (count, _) = _HEAD.unpack_from(buffer)
    end = _HEAD.size + count * _ENTRY.size
    for entry in _ENTRY.iter_unpack(memoryview(buffer)[_HEAD.size : end]):
        yield entry[1], entry[2], entry[5]
