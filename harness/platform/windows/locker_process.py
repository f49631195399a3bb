"""The harness's end of the locker: start it, give it orders, see that it never outlives the harness.

Two things end it: its standard input is closed when the harness ends in whatever way, and it belongs
to a job that Windows ends with its last handle, which is the harness's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, cast

import harness
from harness.holds.handles import Receipt
from harness.platform.base import HoldLostError

if sys.platform != "win32":
    raise ImportError("the locker takes handles of Windows")

from harness.platform.windows import win32

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.holds.handles import Hold

START_S: Final = 60.0
"""A first start may meet a scanner that reads all of Python."""
ANSWER_S: Final = 10.0
"""An order is carried out in far less than a second; an answer later than this is lost."""


def _with_this_harness() -> str:
    """Where Python finds this very harness, also in a checkout that was never installed."""
    here = str(Path(harness.__file__).resolve().parent.parent)
    return os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])


class LockerProcess:
    """A running locker. `precise_timer` says whether its waits have a high resolution.

    Raises `HoldLostError` if it does not start.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: nothing is imported from the folder one happens to be in
            [sys.executable, "-P", "-X", "utf8", "-m", "harness.platform.windows.locker"],
            env={**os.environ, "PYTHONPATH": _with_this_harness()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",  # the starter of a virtual environment speaks the console's code page
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,  # Ctrl-C is the harness's to handle
        )
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._errors: list[str] = []
        self._why_lost: str | None = None
        self._asking = threading.Lock()  # tasks may run on threads
        self._readers = [
            threading.Thread(target=read, daemon=True) for read in (self._listen, self._note_errors)
        ]
        for reader in self._readers:
            reader.start()
        self._armed: list[Hold] = []
        self._job: win32.Handle | None = None
        try:
            self._job = win32.create_job()
            win32.add_to_job(self._job, int(cast("Any", self._process)._handle))  # noqa: SLF001
            greeting = self._answer(START_S)
        except HoldLostError:
            self.close()
            raise
        except OSError as error:  # a process that has ended already belongs to no job
            self.close()
            raise HoldLostError(f"the locker did not start: {error.strerror}") from error
        self.precise_timer = bool(greeting["precise_timer"])
        # by its own word: in a virtual environment, what was started is only the starter of Python
        self.process_id = int(greeting["process_id"])

    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        """Schedule `holds` from now; returns when those that begin at once are taken.

        Raises `HoldLostError` if the locker does not answer.
        """
        orders = [
            {
                "path": hold.path,
                "access": hold.access.value,
                "share": hold.share.value,
                "starts_ns": hold.starts_ns,
                "duration_ns": hold.duration_ns,
                "vanish": hold.vanish,
                "locks_bytes": hold.locks_bytes,
                "section": hold.section.value if hold.section else None,
            }
            for hold in holds
        ]
        self._armed.extend(holds)
        self._ask({"order": "schedule", "holds": orders})

    def release(self, which: int) -> None:
        """Let go of one hold now: the `which`-th that was scheduled since the last `end`."""
        self._ask({"order": "release", "hold": which})

    def end(self) -> list[Receipt]:
        """Let go of everything; hand in the receipts, in the order of scheduling."""
        given = self._ask({"order": "end"})["receipts"]
        held, self._armed = self._armed, []
        return [
            Receipt(hold, planned, opened, closed, error)
            for hold, (planned, opened, closed, error) in zip(held, given, strict=True)
        ]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None  # noqa: S101 - it was made with a pipe
        try:
            self._process.stdin.close()
            self._process.wait(ANSWER_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        if self._job is not None:
            win32.close(self._job)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ANSWER_S)
        for reader in self._readers:
            reader.join(ANSWER_S)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101
        with self._asking:
            if self._why_lost is not None:
                raise HoldLostError(self._why_lost)
            try:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            except OSError as error:
                raise self._lost("has ended") from error
            return self._answer(ANSWER_S)

    def _answer(self, within_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=within_s)
        except Empty:
            raise self._lost("does not answer") from None
        except BaseException:  # Ctrl-C: its answer will come, and belongs to no later order
            self._why_lost = "the locker was interrupted"
            raise
        if not line:
            raise self._lost("has ended")
        try:
            found: dict[str, Any] = json.loads(line)
        except ValueError:
            self._errors.append(line)
            raise self._lost("says something else") from None
        return found

    def _lost(self, how: str) -> HoldLostError:
        """Give the error. It stands: an answer that comes late must not be taken for another one."""
        if how == "has ended":
            for reader in self._readers:  # what it said last may still be on its way
                reader.join(ANSWER_S)
        last = self._errors[-1].strip() if self._errors else "it gave no reason"
        self._why_lost = f"the locker {how}: {last}"
        return HoldLostError(self._why_lost)

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")

    def _note_errors(self) -> None:
        assert self._process.stderr is not None  # noqa: S101
        with self._process.stderr as lines:
            self._errors.extend(lines)
