"""The open handles at a moment of the virtual clock.

The table turns scheduled holds into handles as time passes, follows renamed files, and tells
`sharing_rules` the state of a name. It changes real files only where Windows would: a quarantined file
is deleted when its hold ends, and a file whose delete is pending when its last handle is closed.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.holds import sharing_rules
from harness.holds.handles import Hold, Receipt
from harness.holds.sharing_rules import Node, OpenHandle

FileId = tuple[int, int]


class LockTable:
    """The handles of all holds. Times are virtual nanoseconds."""

    def __init__(self) -> None:
        self.handles: list[OpenHandle] = []
        self._by_file: dict[FileId, list[OpenHandle]] = defaultdict(list)
        self._pending: dict[str, FileId] = {}  # names whose delete is pending
        self._events: list[tuple[int, bool, int, _Scheduled]] = []  # (when, is it a start, order, hold)
        self._folders_held = False  # whether a handle on a folder was opened
        self._read_only_folders: set[str] = set()  # the mode of a real one would stop real calls
        self._order = 0
        self._scheduled: list[_Scheduled] = []

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held, scheduled or pending, so that no hold blocks a call."""
        return not (self.handles or self._events or self._pending)

    def schedule_hold(self, hold: Hold, now_ns: int) -> None:
        """Schedule `hold`; its times count from `now_ns`."""
        scheduled = _Scheduled(hold, planned_ns=now_ns + hold.starts_ns)
        self._scheduled.append(scheduled)
        self._schedule(scheduled.planned_ns, scheduled, starts=True)

    def release(self, number: int, now_ns: int) -> None:
        """Release a hold that is taken, by its number in the order of scheduling."""
        self._release(self._scheduled[number], now_ns)

    def handle(self, number: int) -> OpenHandle | None:
        """The handle of a hold, by its number, once it was taken."""
        return self._scheduled[number].handle

    def follow_names(self, renamed: Sequence[tuple[str, str]]) -> None:
        """Follow what others have done to files that are open: renames that may have come, and deletes.

        `renamed` has the sources and targets of renames whose end is not known.
        """
        for source, target in renamed:
            beneath = source + os.sep
            if not os.path.lexists(source) and any(
                handle.path == source or handle.path.startswith(beneath) for handle in self.handles
            ):
                self.moved(source, target)
        for handle in self.handles:
            if handle.path and file_id(handle.path) != handle.file:
                handle.path = ""
                self._forget_file(handle)

    def receipts(self) -> list[Receipt]:
        """The receipts of all scheduled holds, in the order of scheduling."""
        return list(self._scheduled)

    def clear(self) -> None:
        """Close all handles, as at the end of a trial: pending names go, nothing else changes."""
        for path in self._pending:
            _remove(path)
        self.handles.clear()
        self._by_file.clear()
        self._folders_held = False
        self._pending.clear()
        self._events.clear()
        self._scheduled.clear()

    def advance(self, now_ns: int) -> None:
        """Take and release what is due up to and including `now_ns`.

        A hold that ends at the moment of an attempt, or of another hold's start, is released first.
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
        hold = scheduled.hold
        if hold.arrives_from is not None:
            self._bring(scheduled, hold.arrives_from, when)
            return
        node = self.node(hold.path)
        denial = sharing_rules.open_existing(node, hold.access, hold.share)
        if denial is not None and (hold.own_error is None or not node.exists):
            scheduled.error = denial.code
            return
        scheduled.opened_ns = when
        scheduled.handle = self.open(OpenHandle.of(hold))
        if hold.duration_ns is not None:
            self._schedule(when + hold.duration_ns, scheduled, starts=False)

    def _bring(self, scheduled: _Scheduled, source: str, when: int) -> None:
        """Rename what arrives to its place, unless something has the name."""
        path = scheduled.hold.path
        if not os.path.lexists(path) and os.path.isdir(os.path.dirname(path)):
            os.rename(source, path)
            self.moved(source, path)
            scheduled.opened_ns = scheduled.released_ns = when

    def _release(self, scheduled: _Scheduled, when: int) -> None:
        handle = scheduled.handle
        if handle is None or handle not in self.handles:
            return
        scheduled.released_ns = when
        self.close(handle)
        if scheduled.hold.vanish and file_id(handle.path) == handle.file:
            self._delete(handle.path)

    def count_failure(self, blockers: Sequence[OpenHandle], now_ns: int) -> None:
        """Count a failed attempt for the holds that blocked it; some are released after a few."""
        for scheduled in self._scheduled:
            if scheduled.handle is not None and scheduled.handle in blockers:
                scheduled.failures += 1
                limit = scheduled.hold.release_after_failures
                if limit is not None and scheduled.failures >= limit:
                    self._release(scheduled, now_ns)

    def open(self, handle: OpenHandle) -> OpenHandle:
        """Add `handle`, without a sharing check."""
        handle.file = file_id(handle.path) or (0, 0)
        self.handles.append(handle)
        self._by_file[handle.file].append(handle)
        self._folders_held |= os.path.isdir(handle.path)
        return handle

    def keep_open(self, handle: OpenHandle, until_ns: int) -> None:
        """Add `handle` until a moment, as that of a call under way."""
        own = _Scheduled(Hold("call", handle.path), until_ns, handle=self.open(handle))
        self._schedule(until_ns, own, starts=False)

    def close(self, handle: OpenHandle) -> None:
        """Remove `handle`; a pending delete of its file is carried out with the last one."""
        self.handles.remove(handle)
        self._by_file[handle.file].remove(handle)
        for path, file in list(self._pending.items()):
            if file == handle.file and all(other.section for other in self._on(file)):
                self._delete(path)

    def holds_for_good(self, path: str) -> bool:
        """Whether a handle on `path`, or below it, is never to be closed."""
        node = self.node(path)
        for_good = [
            scheduled.handle
            for scheduled in self._scheduled
            if scheduled.hold.duration_ns is None and scheduled.hold.release_after_failures is None
        ]
        return any(handle in for_good for handle in (*node.handles, *node.below))

    def mark_delete_pending(self, path: str) -> None:
        """Deny every open of `path` until the last handle on its file is closed."""
        file = file_id(path)
        if file is not None:
            self._pending[path] = file

    def moved(self, source: str, target: str) -> None:
        """Give handles on a renamed file, or below a renamed directory, their new paths."""
        prefix = source + os.sep

        def renamed(path: str) -> str:
            if path == source:
                return target
            return target + os.sep + path[len(prefix) :] if path.startswith(prefix) else path

        for handle in self.handles:
            handle.path = renamed(handle.path)
        if self._read_only_folders:
            self._read_only_folders = set(map(renamed, self._read_only_folders))

    def about_to_delete(self, path: str) -> None:
        """Take the name `path` from its handles: they stay open on a file without that name."""
        status = os.lstat(path)
        self._read_only_folders.discard(path)
        was_last_name = status.st_nlink == 1 or stat.S_ISDIR(status.st_mode)
        for handle in self._on((status.st_dev, status.st_ino)):
            if handle.path == path:
                handle.path = ""
            if was_last_name:
                self._forget_file(handle)

    def _forget_file(self, handle: OpenHandle) -> None:
        """Another file may soon get the number of a file that is gone."""
        self._by_file[handle.file].remove(handle)
        handle.file = (0, 0)
        self._by_file[handle.file].append(handle)

    def _delete(self, path: str) -> None:
        """Delete the file or the empty directory `path` and forget its name."""
        self._pending.pop(path, None)
        self.about_to_delete(path)
        _remove(path)

    def node(self, path: str) -> Node:
        """The state of the name `path` for the sharing rules."""
        status = _status(path)
        if status is None:
            return Node(path, exists=False)
        is_directory = stat.S_ISDIR(status.st_mode)
        if self.is_idle and not is_directory:
            return Node(path, read_only=self._is_read_only(path, status))
        file = (status.st_dev, status.st_ino)
        prefix = path + os.sep
        below = [
            handle
            for handle in self.handles
            if is_directory and handle.is_open and handle.path.startswith(prefix)
        ]
        return Node(
            path,
            is_directory=is_directory,
            is_empty=not (is_directory and (below or _has_entries(path))),
            read_only=self._is_read_only(path, status),
            delete_pending=path in self._pending,
            handles=self._on(file),
            below=below,
            pending_below=any(name.startswith(prefix) for name in self._pending),
        )

    def _is_read_only(self, path: str, status: os.stat_result) -> bool:
        if stat.S_ISDIR(status.st_mode):
            return path in self._read_only_folders
        return not status.st_mode & stat.S_IWUSR

    def set_read_only(self, path: str, *, read_only: bool) -> None:
        """Set or clear the read-only attribute: that of a file is its mode."""
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            (self._read_only_folders.add if read_only else self._read_only_folders.discard)(path)
        elif read_only:
            os.chmod(path, mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        else:
            os.chmod(path, mode | stat.S_IWUSR)

    def forget_attributes(self) -> None:
        """Forget which folders are read-only: they were those of the trial before."""
        self._read_only_folders.clear()

    def lets_add_to(self, folder: str) -> bool:
        """Whether no hold and no pending delete is in the way of a new name in `folder`."""
        if self._pending:
            return False
        return not (self._folders_held and self._on(file_id(folder) or (0, 0)))

    def _on(self, file: FileId) -> Sequence[OpenHandle]:
        return list(self._by_file.get(file, ()))


@dataclass(eq=False, slots=True)
class _Scheduled(Receipt):
    """A scheduled hold: its receipt, its handle while it is taken, and the failures it caused."""

    handle: OpenHandle | None = None
    failures: int = 0


def file_id(path: str) -> FileId | None:
    """The identity of the file behind a name, the same for all its names; ``None`` without a file."""
    status = _status(path)
    return (status.st_dev, status.st_ino) if status else None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _remove(path: str) -> None:
    """Remove a file or an empty directory."""
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    else:
        os.unlink(path)


def _has_entries(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except PermissionError:  # on Windows, where it is really held: it is not known
        return True
