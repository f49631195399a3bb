"""Run a command as it was typed, let its output through, and watch what it says.

It gets no shell. Its input is the user's own on a terminal, so it may ask questions; elsewhere it has
none. Ctrl-C reaches it as if it were run by itself.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import IO, Final, Literal

from harness.errors import InvalidInputError

Ended = Literal["exited", "time limit", "interrupted"]

QUIET_S: Final = 5.0
"""After so long without output, a line without an end that looks like a question is taken for one."""
GRACE_S: Final = 5.0
"""What a command has to end by itself after it was asked to."""
_QUESTION: Final = re.compile(r"[?:>\])][ \t]*$")
_TICK_S: Final = 0.2
_MOST_PENDING: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class CommandRun:
    """How a command went."""

    ended: Ended
    exit_code: int
    """Its own; of a signal, the negative number of it."""
    seconds: float
    question: str
    """The line without an end that it left last, if that looks like a question."""


class Output:
    """The lines of the command's output, as they come: given to `on_line` with their time in ms."""

    def __init__(self, began: float, on_line: Callable[[str, float], None]) -> None:
        self.began_s, self._on_line = began, on_line
        self._pending: dict[int, str] = {}
        self.last_s = began

    def take(self, stream: int, raw: bytes) -> None:
        """Take what came from one of the streams."""
        self.last_s = time.monotonic()
        *lines, rest = (self._pending.get(stream, "") + raw.decode(errors="replace")).split("\n")
        self._pending[stream] = rest[-_MOST_PENDING:]
        for line in lines:
            self._on_line(line.rstrip("\r"), (self.last_s - self.began_s) * 1000)

    def end(self) -> None:
        """Give the last lines, which have no end."""
        for stream, rest in self._pending.items():
            if rest:
                self._on_line(rest, (self.last_s - self.began_s) * 1000)
            self._pending[stream] = ""

    @property
    def question(self) -> str:
        """A line without an end that looks like a question."""
        pending = next(filter(None, reversed(self._pending.values())), "")
        return pending.strip()[-300:] if _QUESTION.search(pending) else ""


def find_program(command: Sequence[str]) -> list[str]:
    """The command with the path of its program. Raises `InvalidInputError` if there is none."""
    program = shutil.which(command[0])
    if program is None:
        raise InvalidInputError(
            f"no program is called {command[0]!r}",
            hint="It is started without a shell: for one, say `-- cmd /c ...` or `-- sh -c '...'`.",
        )
    return [program, *command[1:]]


def run_command(
    command: Sequence[str],
    on_line: Callable[[str, float], None],
    *,
    time_limit_s: float | None = None,
    on_question: Callable[[str], None] = lambda _: None,
    on_start: Callable[[int], None] = lambda _: None,
) -> CommandRun:
    """Run `command` to its end, or to the time limit. Raises `InvalidInputError` if it cannot start."""
    has_user = sys.stdin is not None and sys.stdin.isatty()
    began = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - what the user typed
            command,
            stdin=None if has_user else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=not has_user,  # so that all it has started ends with it
        )
    except OSError as error:
        raise InvalidInputError(f"{command[0]} cannot be started: {error.strerror}") from error
    on_start(process.pid)
    output = Output(began, on_line)
    pipes = Pipes(process)
    try:
        ended = _follow(process, pipes, output, time_limit_s, on_question)
    except KeyboardInterrupt:
        ended = "interrupted"
    question = output.question
    if ended != "exited":
        _end(process, alone=not has_user, interrupted=ended == "interrupted")
        while (chunk := pipes.next(0)) is not None:
            output.take(*chunk)
    pipes.close()
    output.end()
    return CommandRun(ended, process.wait(), time.monotonic() - began, question)


def _follow(
    process: subprocess.Popen[bytes],
    pipes: Pipes,
    output: Output,
    time_limit_s: float | None,
    on_question: Callable[[str], None],
) -> Ended:
    """Pass output on until the command ends, or its time is over."""
    told = ""
    while process.poll() is None or pipes.may_have_more():
        if time_limit_s is not None and time.monotonic() - output.began_s > time_limit_s:
            return "time limit"
        chunk = pipes.next(_TICK_S)
        if chunk is not None:
            _pass_on(*chunk)
            output.take(*chunk)
        elif not told and output.question and time.monotonic() - output.last_s > QUIET_S:
            on_question(told := output.question)
    return "exited"


class Pipes:
    """The output and the errors of a command, read as they come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._streams = [each for each in (process.stdout, process.stderr) if each is not None]
        self._chunks: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        self._readers = [
            threading.Thread(target=_read, args=(number, stream, self._chunks), daemon=True)
            for number, stream in enumerate(self._streams)
        ]
        for reader in self._readers:
            reader.start()

    def next(self, timeout_s: float) -> tuple[int, bytes] | None:
        """What came next: 0 for output or 1 for errors, and the bytes; ``None``: nothing so long."""
        with suppress(Empty):
            return self._chunks.get(timeout=timeout_s) if timeout_s else self._chunks.get_nowait()
        return None

    def may_have_more(self) -> bool:
        """Whether anything is unread after the command has ended."""
        for reader in self._readers:
            reader.join(_TICK_S)
        return not self._chunks.empty()

    def close(self) -> None:
        """Close the pipes, apart from those that something still has open at the other end."""
        for reader, stream in zip(self._readers, self._streams, strict=True):
            reader.join(_TICK_S)
            if not reader.is_alive():
                stream.close()


def _read(number: int, stream: IO[bytes], chunks: SimpleQueue[tuple[int, bytes]]) -> None:
    with suppress(OSError, ValueError):
        while raw := os.read(stream.fileno(), 1 << 16):
            chunks.put((number, raw))


def _pass_on(stream: int, raw: bytes) -> None:
    to = (sys.stdout, sys.stderr)[stream]
    buffer = getattr(to, "buffer", None)
    with suppress(OSError, ValueError):  # nobody listens any more; the command goes on
        if buffer is None:
            to.write(raw.decode(errors="replace"))
        else:
            buffer.write(raw)
        to.flush()


def _end(process: subprocess.Popen[bytes], *, alone: bool, interrupted: bool) -> None:
    """End the command: first it is asked to, then it is made to."""
    with suppress(KeyboardInterrupt):
        if interrupted and not alone:  # Ctrl-C on a terminal has reached it, too
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_S)
        _signal(process, alone=alone, hard=False)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    _signal(process, alone=alone, hard=True)


def _signal(process: subprocess.Popen[bytes], *, alone: bool, hard: bool) -> None:
    if sys.platform == "win32":
        if process.poll() is None and hard:
            system = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")
            ended = [os.path.join(system, "taskkill.exe"), "/T", "/F", "/PID", str(process.pid)]
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(ended, capture_output=True, check=False, timeout=GRACE_S)  # noqa: S603
            process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):
        if alone:
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)
        elif process.poll() is None:
            process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
