"""Run a Windows program as a child of this process: its lines as they come, and an end that is complete.

Three habits of Wine decide how. A regular file as a standard stream ends Python 3.12 and newer with
``init_sys_streams``, so the streams are pipes and the null device. Processes that outlive the child may
hold its pipes, so nothing waits for the end of a pipe once the child has ended. And a Windows program
may leave the child's process group, so its processes are found by a mark in their environment.
"""

from __future__ import annotations

import math
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from harness.errors import NotSupportedError
from harness.wine.linux_processes import ONLY_LINUX, POLL_S, end_all, processes_with

MARK: Final = "HARNESS_WINE_RUN"
GRACE_S: Final = 5.0
"""The time in which an interrupted child may finish its journal and say good-bye."""
CHUNK: Final = 1 << 16
"""The capacity of a pipe (pipe(7)), so one read takes all that an ended process has left in it."""


def run_child(
    command: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    on_error_line: Callable[[str], None],
    timeout_s: float = math.inf,
) -> int:
    """Run `command` to its end, pass on each line it writes, and return its exit code.

    Raises `TimeoutError` if it has not ended after `timeout_s`.

    When this process is interrupted (Ctrl-C), the child's process group is too, as on a console of
    Windows; it has `GRACE_S` to end, and `KeyboardInterrupt` is raised. However this function ends, no
    process that the child started remains.
    """
    if sys.platform == "win32":
        raise NotSupportedError(ONLY_LINUX)
    mark = uuid.uuid4().hex
    with subprocess.Popen(  # noqa: S603
        [*_ended_with_parent(), *command],
        cwd=cwd,
        env={**environment, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            pump = _Pump(process, on_line, on_error_line)
            try:
                pump.until_exit(timeout_s)
                if process.poll() is None:
                    raise TimeoutError(f"still running after {timeout_s:g} s")
            except KeyboardInterrupt:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)
                pump.until_exit(GRACE_S)
                raise
            finally:
                pump.close()
        finally:
            with suppress(ProcessLookupError):  # those that gave up their environment
                os.killpg(process.pid, signal.SIGKILL)
            end_all(lambda: processes_with(f"{MARK}={mark}"))
            process.kill()
    return process.returncode


def _ended_with_parent() -> list[str]:
    """A prefix of commands: the kernel ends the child when this process is killed."""
    setpriv = shutil.which("setpriv")  # part of util-linux
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


class _Pump:
    """Passes on what a process writes, line by line."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        on_line: Callable[[str], None],
        on_error_line: Callable[[str], None],
    ) -> None:
        self._process = process
        self._selector = selectors.DefaultSelector()
        for stream, pass_on in ((process.stdout, on_line), (process.stderr, on_error_line)):
            assert stream is not None  # noqa: S101 - they are pipes
            self._selector.register(stream, selectors.EVENT_READ, _Lines(pass_on))

    def until_exit(self, timeout_s: float = math.inf) -> None:
        """Pass on lines until the process has ended or the time is over, then what the pipes hold."""
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None and time.monotonic() < deadline:
            self._pass_on(POLL_S)
        self._pass_on(0)  # once is enough, a chunk is what a pipe holds
        for key in self._selector.get_map().values():
            key.data.end()

    def close(self) -> None:
        """Stop reading."""
        self._selector.close()

    def _pass_on(self, timeout_s: float) -> None:
        """Read each pipe that has something, once."""
        for key, _ in self._selector.select(timeout_s):
            if chunk := os.read(key.fd, CHUNK):
                key.data.feed(chunk)
            else:
                key.data.end()
                self._selector.unregister(key.fileobj)


@dataclass(slots=True)
class _Lines:
    """Cuts bytes into lines; a line may come in many pieces."""

    pass_on: Callable[[str], None]
    _rest: bytes = field(default=b"")

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self.pass_on(line.removesuffix(b"\r").decode("utf-8", errors="replace"))

    def end(self) -> None:
        """Pass on a last line without a line end."""
        if self._rest:
            self.feed(b"\n")
