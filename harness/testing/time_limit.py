"""A time limit for a run of a test: once it is over, whatever still runs is ended by an exception.

The main thread gets it by SIGINT, which wakes it from waits, and threads that began meanwhile when they
next run Python code. Code that waits in its clean-up for a thread gets it again. A thread that waits for
good stays, and must not keep the process from ending: see `TimeLimit.left`.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from harness.testing.sites import call_site

_AGAIN_S: Final = 0.5
_TIMES: Final = 20
"""How often code is interrupted before it is taken to have no end: for ten seconds."""


class DidNotEnd(SystemExit):
    """Ends what runs for too long; ``except Exception`` lets it through."""


class TimeLimit:
    """The limit of one run, of which only `phase` is interrupted. `give_up` is called if that fails."""

    def __init__(self, seconds: float, give_up: Callable[[TimeLimit], None]) -> None:
        self.seconds = seconds
        self.site: str | None = None
        """Where the main thread was when the time was over; ``None`` if it ended before."""
        self._give_up = give_up
        self._before: set[threading.Thread] = set()
        self._ended = threading.Event()
        self._may_interrupt = False
        self._is_over = False

    @contextmanager
    def run(self) -> Iterator[None]:
        """Begin the run, and end it. Without a limit where this is not the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = set(threading.enumerate())
        plain = signal.getsignal(signal.SIGINT)

        def interrupted(number: int, frame: FrameType | None) -> None:
            if not self._is_over and callable(plain):  # Ctrl-C
                plain(number, frame)
            elif self._may_interrupt:
                self.site = self.site or call_site()
                raise DidNotEnd(f"the test still ran after {self.seconds:.3g} s")

        signal.signal(signal.SIGINT, interrupted)
        watch = threading.Thread(target=self._watch, name="held-every", daemon=True)
        watch.start()
        try:
            yield
        finally:
            self._ended.set()
            watch.join()
            signal.signal(signal.SIGINT, plain)

    @contextmanager
    def phase(self) -> Iterator[None]:
        """Let what runs within be interrupted."""
        self._may_interrupt = True
        try:
            yield
        finally:
            self._may_interrupt = False

    @property
    def left(self) -> list[threading.Thread]:
        """The threads of the run that still run."""
        own = threading.current_thread()
        return [each for each in threading.enumerate() if each not in self._before and each is not own]

    def _watch(self) -> None:
        if self._ended.wait(self.seconds):
            return
        self._is_over = True
        for _ in range(_TIMES):
            self._interrupt()
            if self._ended.wait(_AGAIN_S):
                return
        self._give_up(self)

    def _interrupt(self) -> None:
        for thread in self.left:
            if thread.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident), ctypes.py_object(DidNotEnd)
                )
        main = threading.main_thread().ident
        if sys.platform == "win32":
            signal.raise_signal(signal.SIGINT)
        elif main is not None:
            signal.pthread_kill(main, signal.SIGINT)
