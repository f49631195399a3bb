"""The locker: a process of its own that takes real handles, keeps them for a while, and tells when.

It plays the scanner. Orders come as lines of JSON on its standard input, each is answered by one line.
A hold is taken and given back by this process's own timer, so that nothing the strategy does, sleeps
included, can move it. When the input ends, whatever the reason, so does the locker.

| order | answer |
|---|---|
| ``{"order": "schedule", "holds": […]}`` | ``{"scheduled_ns"}``, once all that begin now are taken |
| ``{"order": "release", "hold": 0}`` | ``{"released_ns"}``, after the handle was closed |
| ``{"order": "end"}`` | ``{"receipts": [[planned_ns, opened_ns, released_ns, error], …]}`` |

Times are nanoseconds of ``QueryPerformanceCounter`` (`time.perf_counter_ns`), which all processes of a
machine share.
"""

from __future__ import annotations

import heapq
import json
import os
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any

from harness.holds.handles import Access, Section

if sys.platform != "win32":
    raise ImportError("the locker takes handles of Windows")

from harness.platform.windows import win32

_ACCESS = {
    Access.READ: win32.GENERIC_READ,
    Access.WRITE: win32.GENERIC_WRITE,
    Access.DELETE: win32.DELETE,
}


def desired_access(access: Access) -> int:
    """What to ask ``CreateFileW`` for; attributes alone where nothing else is wanted."""
    wanted = sum(bits for part, bits in _ACCESS.items() if part in access)
    return wanted or win32.FILE_READ_ATTRIBUTES | win32.SYNCHRONIZE


class HeldHandle:
    """One hold on its way: ordered, taken, given back. Times as in the module's own words."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.path: str = order["path"]
        self.access = Access(order["access"])
        self.share: int = order["share"]  # the flags have Windows' own values
        self.duration_ns: int | None = order["duration_ns"]
        self.vanish: bool = order["vanish"]
        self.locks_bytes: bool = order["locks_bytes"]
        self.section = Section(order["section"]) if order["section"] else None
        self.starts_ns: int = order["starts_ns"]
        self.planned_ns = 0
        self.opened_ns: int | None = None
        self.released_ns: int | None = None
        self.error: int | None = None
        self._handle: win32.Handle | None = None
        self._view: int | None = None

    def take(self) -> None:
        """Open the handle (and map or lock, if that was ordered); note what went wrong."""
        try:
            self._handle = win32.open_handle(self.path, desired_access(self.access), self.share)
            if self.locks_bytes:
                win32.lock_all(self._handle, self.path)
            if self.section is not None:
                self._view = win32.map_view(self._handle, self.path, image=self.section is Section.IMAGE)
                self._close()
        except OSError as error:
            self.error = error.winerror
            self._close()
            return
        self.opened_ns = time.perf_counter_ns()

    def release(self) -> None:
        """Give it back, once; a file in quarantine vanishes now, wherever it is."""
        if self.opened_ns is None or self.released_ns is not None:
            return
        try:
            try:
                place = win32.final_path(self._handle) if self.vanish and self._handle else None
            finally:
                self._close()  # even where nobody knows the place of a file that is gone
            if self._view is not None:
                win32.unmap(self._view)
            if place is not None:
                win32.delete_file(place)
        except OSError as error:
            self.error = error.winerror
        self.released_ns = time.perf_counter_ns()

    def _close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            win32.close(handle)

    def receipt(self) -> tuple[int, int | None, int | None, int | None]:
        """What became of it."""
        return self.planned_ns, self.opened_ns, self.released_ns, self.error


class Locker:
    """All holds of a trial, and when the next of them is due."""

    def __init__(self) -> None:
        self.holds: list[HeldHandle] = []
        self._due: list[tuple[int, bool, int]] = []  # (when, is it the start, which)

    def next_due_ns(self) -> int | None:
        """When something is to be done, if anything is."""
        return self._due[0][0] if self._due else None

    def advance(self) -> None:
        """Take and give back what is due; what ends goes before what begins at the same moment."""
        while self._due and self._due[0][0] <= time.perf_counter_ns():
            _, starts, which = heapq.heappop(self._due)
            if starts:
                self._take(which)
            else:
                self.holds[which].release()

    def _take(self, which: int) -> None:
        hold = self.holds[which]
        hold.take()
        if hold.opened_ns is not None:
            self._schedule_end(which, hold.opened_ns)

    def _schedule_end(self, which: int, since_ns: int) -> None:
        hold = self.holds[which]
        if hold.opened_ns is not None and hold.duration_ns is not None:
            heapq.heappush(self._due, (since_ns + hold.duration_ns, False, which))

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order, after what is due by now; return the answer."""
        self.advance()
        match order["order"]:
            case "schedule":
                first = len(self.holds)
                self.holds += [HeldHandle(wanted) for wanted in order["holds"]]
                for hold in self.holds[first:]:
                    if not hold.starts_ns:
                        hold.take()
                # a scanner may have stood in each of these opens: all times count from here
                scheduled_ns = time.perf_counter_ns()
                for which, hold in enumerate(self.holds[first:], first):
                    hold.planned_ns = scheduled_ns + hold.starts_ns
                    if hold.starts_ns:
                        heapq.heappush(self._due, (hold.planned_ns, True, which))
                    else:
                        self._schedule_end(which, scheduled_ns)
                return {"scheduled_ns": scheduled_ns}
            case "release":
                hold = self.holds[order["hold"]]
                hold.release()
                return {"released_ns": hold.released_ns}
            case _:
                self._due.clear()
                receipts = [hold.receipt() for hold in self.holds]
                for hold in self.holds:
                    hold.release()
                self.holds.clear()
                return {"receipts": receipts}


def main() -> None:
    """Obey until the input ends."""
    orders: SimpleQueue[str] = SimpleQueue()
    ordered = win32.create_event(resets_itself=True)
    timer = win32.Timer()

    def listen() -> None:
        for line in sys.stdin:
            orders.put(line)
            win32.set_event(ordered)
        orders.put("")
        win32.set_event(ordered)

    threading.Thread(target=listen, daemon=True).start()
    answer({"process_id": os.getpid(), "precise_timer": timer.is_precise})
    locker = Locker()
    while True:
        due_ns = locker.next_due_ns()
        if due_ns is None:
            timer.wait_for(ordered)
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
