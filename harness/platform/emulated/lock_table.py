"""Who holds what, at a moment of the virtual clock.

The table turns scheduled holds into handles as time passes, follows renamed files, and answers what
`share_rules` needs to know about a name. Holds act on real files only where Windows would: a
quarantined file is deleted when its hold ends, and a file whose delete is pending goes with its last
handle.
"""

from __future__ import annotations

import heapq
import os
import stat
from typing import TYPE_CHECKING

from harness.holds import sharing_rules
from harness.holds.handles import Receipt
from harness.holds.sharing_rules import Handle, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.holds.handles import Hold

FileId = tuple[int, int]


class LockTable:
    """The handles of all holders. Times are virtual nanoseconds."""

    def __init__(self) -> None:
        self.handles: list[Handle] = []
        self._pending: dict[str, FileId] = {}  # names whose delete is pending
        self._events: list[
            tuple[int, bool, int, _Scheduled]
        ] = []  # (when, is it the start, order, hold)
        self._order = 0
        self._scheduled: list[_Scheduled] = []

    @property
    def is_idle(self) -> bool:
        """Nothing is held, scheduled or pending: every call goes through."""
        return not (self.handles or self._events or self._pending)

    def schedule_hold(self, hold: Hold, now_ns: int) -> None:
        """Schedule `hold`, counted from `now_ns`."""
        scheduled = _Scheduled(Receipt(hold, planned_ns=now_ns + hold.starts_ns))
        self._scheduled.append(scheduled)
        self._schedule(scheduled.receipt.planned_ns, scheduled, starts=True)

    def receipts(self) -> list[Receipt]:
        """Say what became of every hold that was scheduled, in that order."""
        return [scheduled.receipt for scheduled in self._scheduled]

    def clear(self) -> None:
        """Let go of everything, as at the end of a trial: pending names go, nothing else changes."""
        for path in self._pending:
            os.unlink(path)
        self.__init__()  # type: ignore[misc]  # the empty table is the initial one

    def advance(self, now_ns: int) -> None:
        """Take and release what is due up to and including `now_ns`.

        A hold that ends at the very moment of an attempt, or of another hold's start, is released
        before it.
        """
        while self._events and self._events[0][0] <= now_ns:
            when, starts, _, scheduled = heapq.heappop(self._events)
            if starts:
                self._take(scheduled, when)
            else:
                self._release(scheduled, when)

    def _schedule(self, when: int, scheduled: _Scheduled, *, starts: bool) -> None:
        self._order += 1
        heapq.heappush(self._events, (when, starts, self._order, scheduled))

    def _take(self, scheduled: _Scheduled, when: int) -> None:
        hold, receipt = scheduled.receipt.hold, scheduled.receipt
        node = self.node(hold.path)
        if denial := sharing_rules.open_existing(node, hold.access, hold.share):
            receipt.error = denial.code
            return
        receipt.opened_ns = when
        handle = self.open(Handle(hold.path, hold.access, hold.share, hold.section, hold.locks_bytes))
        scheduled.handle = handle
        if hold.duration_ns is not None:
            self._schedule(when + hold.duration_ns, scheduled, starts=False)

    def _release(self, scheduled: _Scheduled, when: int) -> None:
        handle = scheduled.handle
        if handle is None or handle not in self.handles:
            return
        scheduled.receipt.released_ns = when
        self.close(handle)
        if scheduled.receipt.hold.vanish and file_id(handle.path) == handle.file:
            self._delete(handle.path)

    def blame(self, handles: Iterable[Handle], now_ns: int) -> None:
        """Count a failed attempt against the holds behind `handles`; some end after a few."""
        blamed = list(handles)
        for scheduled in self._scheduled:
            if scheduled.handle is not None and scheduled.handle in blamed:
                scheduled.failures += 1
                limit = scheduled.receipt.hold.release_after_failures
                if limit is not None and scheduled.failures >= limit:
                    self._release(scheduled, now_ns)

    def open(self, handle: Handle) -> Handle:
        """Add `handle`, without a sharing check."""
        handle.file = file_id(handle.path) or (0, 0)
        self.handles.append(handle)
        return handle

    def close(self, handle: Handle) -> None:
        """Remove `handle`; a pending delete of its file is carried out with the last one."""
        self.handles.remove(handle)
        for path, file in list(self._pending.items()):
            if file == handle.file and not self._open_on(file):
                self._delete(path)

    def mark_delete_pending(self, path: str) -> None:
        """Deny `path` to everybody until the last handle on it is closed."""
        file = file_id(path)
        if file is not None:
            self._pending[path] = file

    def moved(self, source: str, target: str) -> None:
        """Follow a rename: handles on the file, or below the directory, go with it."""
        prefix = source + os.sep
        for handle in self.handles:
            if handle.path == source:
                handle.path = target
            elif handle.path.startswith(prefix):
                handle.path = target + os.sep + handle.path[len(prefix) :]

    def about_to_delete(self, path: str) -> None:
        """Take the name `path` from its handles: they stay open on a file that loses this name."""
        status = os.lstat(path)
        was_last_name = status.st_nlink == 1 or stat.S_ISDIR(status.st_mode)
        for handle in self._on((status.st_dev, status.st_ino)):
            if handle.path == path:
                handle.path = ""
            if was_last_name:  # its number may soon be another file's
                handle.file = (0, 0)

    def _delete(self, path: str) -> None:
        """Delete the file `path`, and with it what is known about that name."""
        self._pending.pop(path, None)
        self.about_to_delete(path)
        os.unlink(path)

    def node(self, path: str) -> Node:
        """Gather what the rules need to know about `path`."""
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return Node(path, exists=False)
        is_directory = stat.S_ISDIR(status.st_mode)
        if self.is_idle and not is_directory:
            return Node(path, read_only=not status.st_mode & stat.S_IWUSR)
        file = (status.st_dev, status.st_ino)
        prefix = path + os.sep
        return Node(
            path,
            is_directory=is_directory,
            is_empty=not is_directory or _is_empty(path),
            read_only=not is_directory and not status.st_mode & stat.S_IWUSR,
            delete_pending=path in self._pending,
            handles=self._on(file),
            below=[
                handle
                for handle in self.handles
                if handle.section is None and handle.path.startswith(prefix)
            ],
            pending_below=any(name.startswith(prefix) for name in self._pending),
        )

    def _on(self, file: FileId) -> Sequence[Handle]:
        return [handle for handle in self.handles if handle.file == file]

    def _open_on(self, file: FileId) -> bool:
        return any(handle.section is None for handle in self._on(file))


class _Scheduled:
    """A hold on its way: its receipt, its handle once taken, and the failures it caused."""

    __slots__ = ("failures", "handle", "receipt")

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        self.handle: Handle | None = None
        self.failures = 0


def file_id(path: str) -> FileId | None:
    """Identify the file behind a name, whichever of its names it is."""
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def _is_empty(path: str) -> bool:
    with os.scandir(path) as entries:
        return next(entries, None) is None
