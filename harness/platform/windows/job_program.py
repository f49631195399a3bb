"""Run a program from outside in a job: it is started suspended, so that no process of it is outside.

A process cannot leave the job, which does not allow it. The job ends with its last handle, which is this
process's, so that nothing remains however this process ends.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from harness.errors import HarnessError
from harness.platform.windows.win32 import file_handles, jobs

if TYPE_CHECKING:
    from harness.platform.windows.win32.library import Handle

ENDED: Final = 1
"""Exit code of processes that are ended."""
END_S: Final = 20.0
"""The time in which ended processes are gone: a scanner or a disk may keep one a while."""
POLL_S: Final = 0.005
SLICE_S: Final = 0.1
"""Windows does not let Ctrl-C end a longer wait for a process."""


class JobProgram:
    """A program in a job; see `harness.platform.contained_program.ContainedProgram`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.started_ns = time.perf_counter_ns()
        jobs.resume(_handle(process))

    def wait(self, timeout_s: float) -> int | None:
        """Wait until the program itself has ended; return its exit code, or ``None`` after the time."""
        end = time.monotonic() + timeout_s
        while (left := end - time.monotonic()) > 0:
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(min(left, SLICE_S))
        return self._process.poll()


@contextmanager
def job_program(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Iterator[JobProgram]:
    """Run a program in a job of its own. Raises `OSError` if it cannot be started."""
    job = jobs.create_job()
    try:
        with subprocess.Popen(  # noqa: S603
            list(command),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=jobs.CREATE_SUSPENDED | jobs.CREATE_NO_WINDOW | jobs.CREATE_NEW_PROCESS_GROUP,
        ) as process:
            try:
                jobs.add_to_job(job, _handle(process))
            except BaseException:  # Ctrl-C, too: what is suspended never ends by itself
                process.kill()
                raise
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            reader = threading.Thread(target=_pass_on, args=(process.stdout, on_line), daemon=True)
            reader.start()
            try:
                yield JobProgram(process)
            finally:
                _end(job)
                reader.join(END_S)  # no process has the other end any more
    finally:
        file_handles.close(job)


def _end(job: Handle) -> None:
    """End the processes of a job, and wait until they have ended: until then they hold files."""
    jobs.end_processes(job, ENDED)
    end = time.monotonic() + END_S
    while jobs.active_processes(job):
        if time.monotonic() > end:
            raise HarnessError(
                f"processes of the program still run {END_S:.0f} s after they were ended",
                hint="Something keeps them, such as a driver: end them by hand.",
            )
        time.sleep(POLL_S)


def _pass_on(stream: IO[bytes], on_line: Callable[[str], None]) -> None:
    for line in stream:
        on_line(line.rstrip(b"\r\n").decode("utf-8", errors="replace"))


def _handle(process: subprocess.Popen[bytes]) -> Handle:
    return int(cast("Any", process)._handle)  # noqa: SLF001 - Python has no other way to it
