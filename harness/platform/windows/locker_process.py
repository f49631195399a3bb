"""The harness's side of the locker: start it, give it orders, make sure that it ends with the harness.

Two things end it: its standard input is closed when the harness ends in any way, and it belongs to a job
that Windows ends with its last handle, which is the harness's.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, cast

from harness.holds.handles import Hold, Receipt
from harness.isolated_python import isolated_python, python_environment
from harness.platform.base import HoldLostError
from harness.platform.windows.win32 import file_handles, jobs

if TYPE_CHECKING:
    from harness.platform.windows.win32.library import Handle

START_S: Final = 60.0
"""At a first start, a scanner may read all of Python."""
ANSWER_S: Final = 90.0
"""An order is carried out in far less than a second, but a scanner may keep an open waiting: Defender
for up to 60 s, while it asks its cloud (Microsoft, "Configure extended cloud block timeout"). An answer
later than this is lost."""
END_S: Final = 10.0
"""The time in which a locker ends by itself."""
_SLICE_S: Final = 0.1
"""Windows does not let Ctrl-C end a longer wait on a queue."""


def encoded(order: dict[str, Any]) -> str:
    """An order as JSON; flags become their values."""
    return json.dumps(order, default=lambda member: member.value)


class LockerProcess:
    """A running locker. `precise_timer`: whether its waits have a high resolution.

    Raises `HoldLostError` if it does not start.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            isolated_python("-X", "utf8", "-m", "harness.platform.windows.locker"),
            env=python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",  # the starter of a virtual environment writes in the console's code page
            creationflags=jobs.CREATE_NEW_PROCESS_GROUP,  # the harness itself handles Ctrl-C
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
        self._scheduled: list[Hold] = []
        self._job: Handle | None = None
        try:
            self._job = jobs.create_job()
            jobs.add_to_job(self._job, int(cast("Any", self._process)._handle))  # noqa: SLF001
            greeting = self._answer(START_S)
        except HoldLostError:
            self.close()
            raise
        except OSError as error:  # a process that has ended already belongs to no job
            self.close()
            raise HoldLostError(f"the locker did not start: {error.strerror}") from error
        self.precise_timer = bool(greeting["precise_timer"])
        # its own answer: in a virtual environment, the started process only starts another Python
        self.process_id = int(greeting["process_id"])

    def schedule_holds(self, holds: Sequence[Hold]) -> list[int | None]:
        """Schedule `holds` from now; return when those that begin at once are taken.

        Returns for each the Win32 code with which it could not be taken by then, or ``None``. Raises
        `HoldLostError` if the locker does not answer.
        """
        self._scheduled.extend(holds)
        answered = self._ask({"order": "schedule", "holds": [asdict(hold) for hold in holds]})
        errors: list[int | None] = answered["errors"]
        return errors

    def release(self, which: int) -> None:
        """Release one hold now: the `which`-th that was scheduled since the last `end`."""
        self._ask({"order": "release", "hold": which})

    def end(self) -> list[Receipt]:
        """Release all holds; return their receipts, in the order of scheduling."""
        answered = self._ask({"order": "end"})["receipts"]
        holds, self._scheduled = self._scheduled, []
        return [Receipt(hold, *times) for hold, times in zip(holds, answered, strict=True)]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None  # noqa: S101 - it was made with a pipe
        try:
            self._process.stdin.close()
            self._process.wait(END_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        if self._job is not None:
            file_handles.close(self._job)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        for reader in self._readers:
            reader.join(END_S)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101
        with self._asking:
            if self._why_lost is not None:
                raise HoldLostError(self._why_lost)
            try:
                self._process.stdin.write(encoded(order) + "\n")
                self._process.stdin.flush()
            except OSError as error:
                raise self._lost("has ended") from error
            return self._answer(ANSWER_S)

    def _answer(self, within_s: float) -> dict[str, Any]:
        try:
            line = self._next_line(within_s)
        except Empty:
            raise self._lost("does not answer") from None
        except BaseException:  # Ctrl-C: the answer will still come, but to no later order
            self._why_lost = "the locker was interrupted"
            raise
        if not line:
            raise self._lost("has ended")
        try:
            found: dict[str, Any] = json.loads(line)
        except ValueError:
            self._errors.append(line)
            raise self._lost("gave no valid answer") from None
        return found

    def _next_line(self, within_s: float) -> str:
        """The next line of the locker. Raises `Empty` if none comes; Ctrl-C is met at once."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                return self._answers.get(timeout=min(_SLICE_S, within_s))
            except Empty:
                if time.monotonic() >= deadline:
                    raise

    def _lost(self, how: str) -> HoldLostError:
        """Make the error. It is final: a late answer must not be taken for that to another order."""
        if how == "has ended":
            for reader in self._readers:  # its last lines may not have been read yet
                reader.join(END_S)
        last = self._errors[-1].strip() if self._errors else "no reason given"
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
