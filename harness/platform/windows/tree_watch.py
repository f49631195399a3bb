"""Read the changes of a tree of directories: ``ReadDirectoryChangesW``, with one call after the other.

Changes are reported after they were made, in their order, and not who made them. Windows keeps those
between two calls in a buffer; if it overflows, all in it are lost, which is an error here. A rename has
two records, of the old name and of the new one.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.platform.watched_tree import Change, ChangeKind
from harness.platform.windows.win32.file_content import Overlapped
from harness.platform.windows.win32.file_handles import FILE_SHARE_ALL, close, open_handle
from harness.platform.windows.win32.library import Handle, check, declare
from harness.platform.windows.win32.waiting import create_event, set_event, wait_for

FILE_LIST_DIRECTORY: Final = 0x1
FILE_FLAG_OVERLAPPED: Final = 0x40000000
NAMES_AND_CONTENT: Final = 0x1 | 0x2 | 0x8 | 0x10
"""winnt.h: FILE_NOTIFY_CHANGE_FILE_NAME | _DIR_NAME | _SIZE | _LAST_WRITE."""
ROOM: Final = 1 << 20
"""Bytes of a local disk's changes; a network share takes at most 64 KiB."""
RECORD: Final = struct.Struct("=III")
"""``FILE_NOTIFY_INFORMATION``: offset of the next record, action, bytes of the name that follows."""
ADDED: Final = 1
REMOVED: Final = 2
MODIFIED: Final = 3
RENAMED_FROM: Final = 4
RENAMED_TO: Final = 5
KINDS: Final[dict[int, ChangeKind]] = {ADDED: "added", REMOVED: "removed", MODIFIED: "modified"}
SETTLE_S: Final = 0.05
"""Changes are reported within this time of being made: Wine's take 0.1 ms, a busy machine more."""
ERROR_OPERATION_ABORTED: Final = 995

_ReadDirectoryChangesW = declare(
    "BOOL kernel32.ReadDirectoryChangesW(HANDLE, POINTER, DWORD, BOOL, DWORD, POINTER, POINTER, POINTER)"
)
_GetOverlappedResult = declare("BOOL kernel32.GetOverlappedResult(HANDLE, POINTER, POINTER, BOOL)")
_CancelIoEx = declare("BOOL kernel32.CancelIoEx(HANDLE, POINTER)")


class TreeWatch:
    """Reads changes on a thread of its own; see `harness.platform.watched_tree.WatchedTree`."""

    def __init__(self, handle: Handle, folder: Path, on_change: Callable[[Change], None]) -> None:
        self._handle = handle
        self._folder = str(folder)
        self._on_change = on_change
        self._room = ctypes.create_string_buffer(ROOM)
        self._told, self._stop = create_event(), create_event()
        self._overlapped = Overlapped(event=self._told)
        self._overflown = False
        self._failed: Exception | None = None
        self._renamed_from: str | None = None
        self._ask()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Read what was reported by now, and no more.

        Raises `HarnessError` if changes were lost, and what reading them, or `on_change`, has raised.
        """
        if self._thread.is_alive():
            time.sleep(SETTLE_S)
            set_event(self._stop)
            self._thread.join()
        if self._failed is not None:
            raise self._failed
        if self._overflown:
            raise HarnessError(
                "the program changed more files at once than Windows reports",
                hint="What it did cannot be told. Give it less to do.",
            )

    def close(self) -> None:
        """Stop, and close the events."""
        try:
            self.stop()
        except Exception:  # noqa: BLE001, S110 - whoever wants to know has asked
            pass
        finally:
            close(self._told)
            close(self._stop)

    def _ask(self) -> None:
        """Ask for the changes since the last time, or, at first, from now on."""
        asked = _ReadDirectoryChangesW(
            self._handle, self._room, ROOM, True, NAMES_AND_CONTENT, None, self._pointer, None
        )
        check(asked, self._folder)

    @property
    def _pointer(self) -> object:
        return ctypes.byref(self._overlapped)

    def _read(self) -> None:
        try:
            self._pass_on()
        except Exception as error:  # noqa: BLE001 - `stop` raises it, on the thread that waits
            self._failed = error
        finally:
            _CancelIoEx(self._handle, self._pointer)
            _GetOverlappedResult(self._handle, self._pointer, ctypes.byref(wintypes.DWORD()), True)

    def _pass_on(self) -> None:
        while wait_for(self._told, self._stop) == 0:
            at_ns = time.perf_counter_ns()
            filled = wintypes.DWORD()
            check(_GetOverlappedResult(self._handle, self._pointer, ctypes.byref(filled), True))
            if filled.value:
                reported = self._room.raw[: filled.value]
                self._ask()
                for change in self._changes(reported, at_ns):
                    self._on_change(change)
            else:
                self._overflown = True
                self._ask()

    def _changes(self, reported: bytes, at_ns: int) -> Iterator[Change]:
        for action, name in _records(reported):
            path = name.replace("\\", "/")
            if action == RENAMED_FROM:
                self._renamed_from = path
            elif action == RENAMED_TO:
                source, self._renamed_from = self._renamed_from, None
                if source is None:  # it came from outside
                    yield Change(at_ns, "added", path)
                else:
                    yield Change(at_ns, "renamed", source, path)
            elif action in KINDS:
                yield Change(at_ns, KINDS[action], path)


def _records(reported: bytes) -> Iterator[tuple[int, str]]:
    """Yield the action and the name of each record."""
    place = 0
    while True:
        beyond, action, length = RECORD.unpack_from(reported, place)
        begin = place + RECORD.size
        yield action, reported[begin : begin + length].decode("utf-16-le", errors="surrogatepass")
        if not beyond:
            return
        place += beyond


@contextmanager
def tree_watch(folder: Path, on_change: Callable[[Change], None]) -> Iterator[TreeWatch]:
    """Watch a folder. Raises `OSError` if it cannot be opened."""
    handle = open_handle(str(folder), FILE_LIST_DIRECTORY, FILE_SHARE_ALL, flags=FILE_FLAG_OVERLAPPED)
    try:
        watch = TreeWatch(handle, folder, on_change)
        try:
            for _ in os.walk(folder):  # Wine watches a folder that was there before once it is read
                pass
            yield watch
        finally:
            watch.close()
    finally:
        close(handle)
