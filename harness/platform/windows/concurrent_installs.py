"""Drive the tasks of a trial in real time: one after another, or several on threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from harness.platform.windows.win32.file_handles import close
from harness.platform.windows.win32.waiting import Timer, create_event, set_event

if TYPE_CHECKING:
    from harness.platform.base import Task


def drive_one_by_one(tasks: Sequence[Task]) -> None:
    """Run `tasks` in order on this thread, up to the first that fails.

    `time.sleep` waits with a timer of high resolution (Python 3.11 and later), and Ctrl-C ends it.
    """
    for task in tasks:
        if not _run(task, time.sleep):
            return


def drive_in_parallel(tasks: Sequence[Task], concurrency: int) -> None:
    """Run up to `concurrency` tasks at a time; when one fails, the others stop where they are.

    An error of a task is raised here, once all threads have ended.
    """
    waiting = deque(tasks)
    stop = create_event()
    stopped = threading.Event()
    errors: list[BaseException] = []

    def halt() -> None:
        stopped.set()
        set_event(stop)

    def work() -> None:
        try:
            with closing(Timer()) as timer:
                for task in _taken(waiting):
                    if stopped.is_set() or not _run(
                        task, lambda wait_s: timer.wait(wait_s, stop), stopped.is_set
                    ):
                        halt()
                        return
        except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
            errors.append(error)
            halt()

    threads = [threading.Thread(target=work) for _ in range(min(concurrency, len(tasks)))]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.002)  # a join would not let Ctrl-C through
    finally:
        halt()
        for thread in threads:
            thread.join()
        close(stop)
    if errors:
        raise errors[0]


def _taken(waiting: deque[Task]) -> Iterator[Task]:
    """Take tasks until none is left; other threads take some, too."""
    with suppress(IndexError):
        while True:
            yield waiting.popleft()


def _run(
    task: Task, wait: Callable[[float], object], is_stopped: Callable[[], bool] = lambda: False
) -> bool:
    """Run one task to its end; return whether the others may go on."""
    while True:
        try:
            wait_s = next(task)
        except StopIteration as end:
            return bool(end.value)
        if wait_s:
            wait(wait_s)
        if is_stopped():
            return False
