"""The locker: a process of its own that takes real handles, keeps them for a while, and reports when.

It plays the scanner. Orders come as lines of JSON on its standard input, each is answered by one line.
Holds are taken and released by this process's own timer, so nothing that the strategy does, sleeps
included, can delay them. When the input ends, for whatever reason, the locker ends too.

| order | answer |
|---|---|
| ``{"order": "schedule", "holds": […]}`` | ``{"scheduled_ns"}``, once all that begin now are taken |
| ``{"order": "release", "hold": 0}`` | ``{"released_ns"}``, after the handle was closed |
| ``{"order": "end"}`` | ``{"receipts": [[planned_ns, opened_ns, released_ns, error], …]}`` |

Times are nanoseconds of ``QueryPerformanceCounter`` (`time.perf_counter_ns`), which all processes of a
machine share.
"""

from __future__ import annotations

import dataclasses
import heapq
import json
import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from harness.holds.handles import Access, Hold, Receipt, Share
from harness.platform.windows.win32 import file_content, file_handles, file_names, waiting
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.platform.windows.win32.library import Handle

_ACCESS = {
    Access.READ: file_handles.GENERIC_READ,
    Access.WRITE: file_handles.GENERIC_WRITE,
    Access.DELETE: file_handles.DELETE,
}


def hold_of(order: dict[str, Any]) -> Hold:
    """The hold in an order, of which flags come as their values."""
    return Hold(**{**order, "access": Access(order["access"]), "share": Share(order["share"])})


def desired_access(access: Access) -> int:
    """The access to ask ``CreateFileW`` for; attributes alone where nothing else is wanted."""
    wanted = sum(bits for part, bits in _ACCESS.items() if part in access)
    return wanted or file_handles.FILE_READ_ATTRIBUTES | file_handles.SYNCHRONIZE


@dataclasses.dataclass(slots=True)
class LockerHold(Receipt):
    """One hold: scheduled, taken, released. Times are those of the module."""

    planned_ns: int = 0
    _handle: Handle | None = None
    _view: int | None = None

    def take(self) -> None:
        """Open the handle (and map or lock, if that was ordered); note an error."""
        hold = self.hold
        share = hold.share.value  # the flags have the values of Windows
        try:
            self._handle = file_handles.open_handle(hold.path, desired_access(hold.access), share)
            if hold.locks_bytes:
                file_content.lock_all(self._handle, hold.path)
            if hold.section is not None:
                image = hold.section == "image"
                self._view = file_content.map_view(self._handle, hold.path, image=image)
                self._close()
        except OSError as error:
            self.error = winerror_of(error)
            self._close()
            return
        self.opened_ns = time.perf_counter_ns()

    def release(self) -> None:
        """Release the hold, once; a file in quarantine is deleted now, wherever it is."""
        if self.opened_ns is None or self.released_ns is not None:
            return
        try:
            try:
                vanishing = self._handle if self.hold.vanish else None
                path = file_handles.final_path(vanishing) if vanishing else None
            finally:
                self._close()  # also where the path of a file that is gone is unknown
            if self._view is not None:
                file_content.unmap(self._view)
            if path is not None:
                file_names.delete_file(path)
        except OSError as error:
            self.error = winerror_of(error)
        self.released_ns = time.perf_counter_ns()

    def _close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            file_handles.close(handle)


class Locker:
    """All holds of a trial, and a queue of what is due next."""

    def __init__(self) -> None:
        self.holds: list[LockerHold] = []
        self._due: list[tuple[int, bool, int]] = []  # (when, is it the start, which)

    def next_due_ns(self) -> int | None:
        """The time of the next start or end, if there is one."""
        return self._due[0][0] if self._due else None

    def advance(self) -> None:
        """Take and release what is due; of two at the same moment, the one that ends goes first."""
        while self._due and self._due[0][0] <= time.perf_counter_ns():
            _, starts, which = heapq.heappop(self._due)
            if starts:
                self._take(which)
            else:
                self.holds[which].release()

    def _take(self, which: int) -> None:
        self.holds[which].take()
        self._schedule_end(which, self.holds[which].opened_ns)

    def _schedule_end(self, which: int, since_ns: int | None) -> None:
        duration_ns = self.holds[which].hold.duration_ns
        if since_ns is not None and duration_ns is not None:
            heapq.heappush(self._due, (since_ns + duration_ns, False, which))

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order, after what is due by now; return the answer."""
        self.advance()
        match order["order"]:
            case "schedule":
                first = len(self.holds)
                self.holds += [LockerHold(hold_of(wanted)) for wanted in order["holds"]]
                for taken in self.holds[first:]:
                    if not taken.hold.starts_ns:
                        taken.take()
                # a scanner may have delayed each of these opens: all times count from here
                scheduled_ns = time.perf_counter_ns()
                for which, taken in enumerate(self.holds[first:], first):
                    planned_ns = taken.planned_ns = scheduled_ns + taken.hold.starts_ns
                    if taken.hold.starts_ns:
                        heapq.heappush(self._due, (planned_ns, True, which))
                    elif taken.opened_ns is not None:
                        self._schedule_end(which, scheduled_ns)
                return {"scheduled_ns": scheduled_ns}
            case "release":
                released = self.holds[order["hold"]]
                released.release()
                return {"released_ns": released.released_ns}
            case _:
                self._due.clear()
                receipts = [
                    (taken.planned_ns, taken.opened_ns, taken.released_ns, taken.error)
                    for taken in self.holds
                ]
                for taken in self.holds:
                    taken.release()
                self.holds.clear()
                return {"receipts": receipts}


def main() -> None:
    """Carry out orders until the input ends."""
    orders: SimpleQueue[str] = SimpleQueue()
    ordered = waiting.create_event(resets_itself=True)
    timer = waiting.Timer()

    def listen() -> None:
        for line in sys.stdin:
            orders.put(line)
            waiting.set_event(ordered)
        orders.put("")
        waiting.set_event(ordered)

    threading.Thread(target=listen, daemon=True).start()
    answer({"process_id": os.getpid(), "precise_timer": timer.is_precise})
    locker = Locker()
    while True:
        due_ns = locker.next_due_ns()
        if due_ns is None:
            waiting.wait_for(ordered)
        else:
            timer.wait((due_ns - time.perf_counter_ns()) / 1e9, ordered)
        locker.advance()
        while not orders.empty():
            line = orders.get()
            if not line:
                return
            answer(locker.obey(json.loads(line)))


def answer(message: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
