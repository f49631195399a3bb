"""Serve holds to the process that started this one, by lines on standard output.

| line | when |
|---|---|
| ``READY {…}`` | holds can be taken: `refused_by`, and the `environment` that programs need, if any |
| ``HELD {…}`` | a file is held: `hold` is its number, `path` the file |
| ``RELEASED {…}`` | it was released: `hold`, and `held_ms` |

All is released when its time is over, when standard input is a pipe and ends or says ``release``, and
when the parent is gone, which is asked every `TICK_S`.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from harness.clock import NS_PER_S
from harness.errors import ExitCode
from harness.holds.handles import Hold
from harness.platform.file_holder import FileHolder, file_holder, not_taken
from harness.platform.parent_process import ParentProcess, input_is_pipe
from harness.platform.registry import native_platform
from harness.preload.native_holds import NativeHolds
from harness.preload.native_library import native_library

TICK_S: Final = 0.02
"""Interval of looking for holds that are due and for the parent: a user notices a tenth of a second."""
PRELOAD: Final = "preload"
TO_END: Final = b"release"
LONGEST_WORD: Final = 100


@dataclass
class ServedHolds:
    """Holds that end at their time, and whatever happens when the parent is gone."""

    say: Callable[[str, dict[str, Any]], None]
    _holder: FileHolder
    _due: list[tuple[float, int]] = field(default_factory=list)  # (when, number), of time.monotonic
    _since: dict[int, float] = field(default_factory=dict)

    def take(self, hold: Hold) -> None:
        """Hold a file from now on. Raises `HoldNotTakenError` if it cannot be opened so."""
        lasting = replace(hold, starts_ns=0, duration_ns=None)
        number, error = self._holder.take(lasting)
        if error is not None:
            raise not_taken(hold, error)
        self._since[number] = now = time.monotonic()
        if hold.duration_ns is not None:
            self._due.append((now + hold.duration_ns / NS_PER_S, number))
        self.say("HELD", {"hold": number, "path": hold.path})

    @property
    def are_over(self) -> bool:
        """Whether nothing is held."""
        return not self._since

    def advance(self) -> None:
        """Release what is due."""
        now = time.monotonic()
        due = [number for when, number in self._due if when <= now]
        self._due = [each for each in self._due if each[0] > now]
        for number in due:
            self._release(number)

    def release_all(self) -> None:
        """Release what is still held."""
        for number in list(self._since):
            self._release(number)

    def _release(self, number: int) -> None:
        since = self._since.pop(number, None)
        if since is not None:
            self._holder.release(number)
            held_ms = round((time.monotonic() - since) * 1000, 1)
            self.say("RELEASED", {"hold": number, "held_ms": held_ms})


@contextmanager
def served_holds(
    out: Callable[[str], None], more: Mapping[str, Any] | None = None
) -> Iterator[ServedHolds]:
    """Be ready to hold files; say so, with `more` facts. At the end all are released.

    Raises `NotSupportedError` where programs cannot be kept from a file.
    """

    def say(word: str, facts: dict[str, Any]) -> None:
        with suppress(OSError):  # the reader is gone
            out(f"{word} {json.dumps(facts)}")

    with ExitStack() as stack:
        holder: FileHolder | None = file_holder()
        facts: dict[str, Any] = {"refused_by": native_platform(), "process_id": os.getpid()}
        if holder is None:
            native = NativeHolds(native_library())
            holder = native
            facts |= {"refused_by": PRELOAD, "environment": native.environment}
        stack.callback(holder.close)
        served = ServedHolds(say, holder)
        stack.callback(served.release_all)
        say("READY", {**facts, **(more or {})})
        yield served


def serve(
    served: ServedHolds, parent: ParentProcess, for_s: float | None, each_tick: Callable[[], bool]
) -> ExitCode:
    """Serve until the time is over, the parent wants no more or is gone; or until `each_tick` says so.

    Returns the exit code.
    """
    told = _told_to_end()
    end = None if for_s is None else time.monotonic() + for_s
    while True:
        if parent.is_gone:
            return ExitCode.PARENT_GONE
        served.advance()
        over = end is not None and time.monotonic() >= end
        if over or told.wait(TICK_S) or not each_tick():
            return ExitCode.OK


def leave(code: ExitCode) -> NoReturn:
    """End the process, all being released: at once where no parent waits for it."""
    if code == ExitCode.PARENT_GONE:
        os._exit(code)
    sys.exit(code)


def _told_to_end() -> threading.Event:
    """Return what is set when standard input is a pipe and ends, or has the word."""
    told = threading.Event()
    if input_is_pipe():

        def listen() -> None:
            try:
                # bytes, for it may be anything; unbuffered, since a buffer that a thread still waits for
                # would end the process with an error
                with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as words:
                    while word := words.readline(LONGEST_WORD):
                        if word.strip().lower() == TO_END:
                            break
            finally:
                told.set()

        threading.Thread(target=listen, daemon=True).start()
    return told
