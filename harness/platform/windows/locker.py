"""The locker: a process of its own that takes real handles, keeps them for a while, and reports when.

It plays the scanner. Orders come as lines of JSON on its standard input, each is answered by one line.
Holds are taken and released by this process's own timer, so nothing that the strategy does, sleeps
included, can delay them. When the input ends, for whatever reason, the locker ends too.

| order | answer |
|---|---|
| ``{"order": "schedule", "holds": […]}`` | ``{"scheduled_ns", "errors"}``, when those due are taken |
| ``{"order": "release", "hold": 0}`` | ``{"released_ns"}``, after the handle was closed |
| ``{"order": "end"}`` | ``{"receipts": [[planned_ns, opened_ns, released_ns, error, asked_ns], …]}`` |

Times are nanoseconds of ``QueryPerformanceCounter`` (`time.perf_counter_ns`), which all processes of a
machine share.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from harness.holds.handles import Access, Hold, Receipt, Share
from harness.platform.windows.win32 import file_content, file_handles, file_names, waiting
from harness.winerror import ALREADY_EXISTS, winerror_of

if TYPE_CHECKING:
    from harness.platform.windows.win32.library import Handle


def hold_of(order: dict[str, Any]) -> Hold:
    """The hold in an order, of which flags come as their values."""
    return Hold(**{**order, "access": Access(order["access"]), "share": Share(order["share"])})


@dataclasses.dataclass(slots=True)
class LockerHold(Receipt):
    """One hold: scheduled, taken, released. Times are those of the module."""

    planned_ns: int = 0
    _handle: Handle | None = None
    _view: int | None = None
    _is_over: bool = False
    _changing: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def take(self) -> None:
        """Open the handle (and map or lock, if that was ordered); note an error.

        What is open only when the trial is over is closed again.
        """
        self.asked_ns = time.perf_counter_ns()
        hold = self.hold
        share = hold.share.value  # the flags have the values of Windows
        try:
            if hold.arrives_from is not None:
                file_names.move(hold.arrives_from, hold.path, 0)
                self.opened_ns = self.released_ns = time.perf_counter_ns()
                return
            self._handle = file_handles.open_handle(
                hold.path, file_handles.desired_access(hold.access), share
            )
            if hold.locks_bytes:
                file_content.lock_all(self._handle, hold.path)
            if hold.section is not None:
                image = hold.section == "image"
                self._view = file_content.map_view(self._handle, hold.path, image=image)
                self._close()
        except OSError as error:
            late = hold.arrives_from is not None and winerror_of(error) == ALREADY_EXISTS
            self.error = None if late else winerror_of(error)
            self._close()
            return
        with self._changing:
            if not self._is_over:
                self.opened_ns = time.perf_counter_ns()
                return
        self._close()
        if self._view is not None:
            file_content.unmap(self._view)

    def give_up(self) -> tuple[int, int | None, int | None, int | None, int | None]:
        """End it with its trial; return its receipt, as the trial has left it."""
        with self._changing:
            self._is_over = True
            receipt = (self.planned_ns, self.opened_ns, self.released_ns, self.error, self.asked_ns)
        self.release()
        return receipt

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


Work = Callable[[], None]


def at_once(work: Work) -> None:
    """Do work on this thread."""
    work()


def on_a_thread(work: Work) -> None:
    """Do work that a scanner may delay, without waiting for it."""
    threading.Thread(target=work, daemon=True).start()


class Locker:
    """All holds of a trial, and a queue of what is due next.

    Handles are opened `beside` all else, for a scanner may keep an open waiting; holds on one path in
    their order. `wake` is called when another moment may be the next that is due.
    """

    def __init__(self, beside: Callable[[Work], None] = at_once, wake: Work = lambda: None) -> None:
        self.holds: list[LockerHold] = []
        self._beside = beside
        self._wake = wake
        self._numbers = itertools.count()
        self._changing = threading.Lock()
        self._due: list[tuple[int, bool, int, LockerHold]] = []  # (when, is it the start, number, which)

    def next_due_ns(self) -> int | None:
        """The time of the next start or end, if there is one."""
        with self._changing:
            return self._due[0][0] if self._due else None

    def advance(self) -> None:
        """Take and release what is due; of two at the same moment, the one that ends goes first."""
        begin: dict[str, list[LockerHold]] = defaultdict(list)
        while (due := self._pop_due()) is not None:
            starts, which = due
            if starts:
                begin[which.hold.path].append(which)
            else:
                which.release()
        for holds in begin.values():
            self._beside(partial(self._take, holds))

    def _pop_due(self) -> tuple[bool, LockerHold] | None:
        with self._changing:
            if not self._due or self._due[0][0] > time.perf_counter_ns():
                return None
            _, starts, _, which = heapq.heappop(self._due)
            return starts, which

    def _push(self, when_ns: int, which: LockerHold, *, starts: bool) -> None:
        with self._changing:
            heapq.heappush(self._due, (when_ns, starts, next(self._numbers), which))

    def _take(self, holds: Sequence[LockerHold]) -> None:
        for which in holds:
            which.take()
            self._schedule_end(which, which.opened_ns)
        self._wake()

    def _schedule_end(self, which: LockerHold, since_ns: int | None) -> None:
        duration_ns = which.hold.duration_ns
        if since_ns is not None and duration_ns is not None:
            self._push(since_ns + duration_ns, which, starts=False)

    def _take_first(self, holds: Sequence[LockerHold]) -> None:
        """Take the holds of an order that begin with it; what is due for others is done meanwhile."""
        done = threading.Event()

        def take() -> None:
            for which in holds:
                which.take()
            done.set()

        self._beside(take)
        while not done.is_set():
            due_ns = self.next_due_ns()
            done.wait(None if due_ns is None else max(due_ns - time.perf_counter_ns(), 0) / 1e9)
            self.advance()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order, after what is due by now; return the answer."""
        self.advance()
        match order["order"]:
            case "schedule":
                wanted = [LockerHold(hold_of(each)) for each in order["holds"]]
                self.holds += wanted
                self._take_first([which for which in wanted if not which.hold.starts_ns])
                # a scanner may have delayed each of these opens: all times count from here
                scheduled_ns = time.perf_counter_ns()
                for which in wanted:
                    planned_ns = which.planned_ns = scheduled_ns + which.hold.starts_ns
                    if which.hold.starts_ns:
                        self._push(planned_ns, which, starts=True)
                    elif which.opened_ns is not None:
                        self._schedule_end(which, scheduled_ns)
                errors = [which.error for which in wanted]
                return {"scheduled_ns": scheduled_ns, "errors": errors}
            case "release":
                released = self.holds[order["hold"]]
                released.release()
                return {"released_ns": released.released_ns}
            case _:
                with self._changing:
                    self._due.clear()
                receipts = [which.give_up() for which in self.holds]
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
    locker = Locker(on_a_thread, lambda: waiting.set_event(ordered))
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
