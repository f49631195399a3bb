"""Tasks that pause within an attempt: other installs act between the calls of one strategy's attempt.

A task yields between attempts only, and an attempt may be several calls: delete the target, then rename.
Where installs work on the same places, each task runs on a thread of its own and stops there after each
call. One thread runs at a time, and the event queue decides which: the order is as fixed as without
threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.platform.base import Task
    from harness.platform.emulated.emulated_files import EmulatedFileSystem


def pausing_after_calls(task: Task, files: EmulatedFileSystem) -> Task:
    """Return `task` as one that also yields 0.0 after each of its calls to `files`.

    It raises what the task raises. Closed early, it lets a call sequence under way end, unobserved.
    """
    turns = _Turns(task)
    try:
        while not turns.is_over:
            files.pause = turns.pause
            try:
                wait_s = turns.next_wait_s()
            finally:
                files.pause = None
            if wait_s is not None:
                yield wait_s
        return turns.result
    finally:
        turns.end()


class _Turns:
    """A task on a thread that runs only while its caller waits for it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.is_over = False
        self.result = False
        self._error: BaseException | None = None
        self._wait_s: float | None = None
        self._is_closed = False
        self._my_turn = threading.Semaphore(0)
        self._callers_turn = threading.Semaphore(0)
        self._is_running = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def next_wait_s(self) -> float | None:
        """Run it to its next pause; return how long that is, in seconds, ``None`` at its end."""
        if self._thread.ident is None:
            self._thread.start()
        self._is_running = True
        self._my_turn.release()
        self._callers_turn.acquire()
        self._is_running = False
        if self._error is not None:
            raise self._error
        return self._wait_s

    def pause(self) -> None:
        """Let others act, in the middle of a call of the task."""
        self._yield(0.0)

    def end(self) -> None:
        """End the thread, and then the task."""
        self._is_closed = True
        if self._thread.ident is not None:
            if self._is_running:  # Ctrl-C came meanwhile
                self._callers_turn.acquire()
            self._my_turn.release()
            self._thread.join()
        self.task.close()

    def _yield(self, wait_s: float | None) -> None:
        if not self._is_closed:
            self._wait_s = wait_s
            self._callers_turn.release()
            self._my_turn.acquire()

    def _work(self) -> None:
        self._my_turn.acquire()
        try:
            while not self._is_closed:
                self._yield(next(self.task))
        except StopIteration as end:
            self.result = bool(end.value)
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            self._error = error
        self.is_over = True
        self._wait_s = None
        self._callers_turn.release()
