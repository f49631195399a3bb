"""Drive the lanes of a trial in real time: one after another, or several on threads of their own."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

if sys.platform != "win32":
    raise ImportError("these waits are Windows' own")

from harness.platform.windows import win32

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.platform.base import Lane


def drive_one_by_one(lanes: Sequence[Lane]) -> None:
    """Run `lanes` in order on this thread, up to the first that fails.

    `time.sleep` waits with a timer of high resolution (Python 3.11 and later), and Ctrl-C ends it.
    """
    for lane in lanes:
        while True:
            try:
                wait_s = next(lane)
            except StopIteration as end:
                if not end.value:
                    return
                break
            if wait_s:
                time.sleep(wait_s)


def drive_in_parallel(lanes: Sequence[Lane], concurrency: int) -> None:
    """Run up to `concurrency` lanes at a time; when one fails, the others stop where they are.

    An error of a lane is raised here, once all threads have ended.
    """
    waiting = iter(lanes)
    taking = threading.Lock()
    stop = win32.create_event()
    stopped = threading.Event()
    errors: list[BaseException] = []

    def halt() -> None:
        stopped.set()
        win32.set_event(stop)

    def work() -> None:
        try:
            with closing(win32.Timer()) as timer:
                for lane in _taken(waiting, taking):
                    if stopped.is_set() or not _run(lane, timer, stop, stopped):
                        halt()
                        return
        except BaseException as error:  # noqa: BLE001 - it is raised by the thread that waits
            errors.append(error)
            halt()

    threads = [threading.Thread(target=work) for _ in range(min(concurrency, len(lanes)))]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.002)  # a join would not let Ctrl-C through
    finally:
        halt()
        for thread in threads:
            thread.join()
        win32.close(stop)
    if errors:
        raise errors[0]


def _taken(waiting: Iterator[Lane], taking: threading.Lock) -> Iterator[Lane]:
    while True:
        with taking:
            lane = next(waiting, None)
        if lane is None:
            return
        yield lane


def _run(lane: Lane, timer: win32.Timer, stop: win32.Handle, stopped: threading.Event) -> bool:
    """Run one lane to its end; tell whether the others may go on."""
    while True:
        try:
            wait_s = next(lane)
        except StopIteration as end:
            return bool(end.value)
        if wait_s:
            timer.wait(wait_s, stop)
        if stopped.is_set():
            return False
