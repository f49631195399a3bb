"""The seam for programs from outside that run natively on Windows: nothing of them outlives it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from harness.errors import NotSupportedError


class ContainedProgram(Protocol):
    """A program that runs, with all processes that it starts."""

    started_ns: int
    """When it began to run, on `time.perf_counter_ns`."""

    def wait(self, timeout_s: float) -> int | None:
        """Wait until the program itself has ended; return its exit code, or ``None`` after the time."""


def contained_program(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> AbstractContextManager[ContainedProgram]:
    """Run a program, its input empty; `on_line` gets the lines of both of its outputs.

    At the end of the context all of its processes are ended, and have ended. Raises `OSError` if it
    cannot be started, and `NotSupportedError` on another system than Windows.
    """
    if sys.platform != "win32":
        raise NotSupportedError("programs for Windows run natively on Windows alone")
    from harness.platform.windows.job_program import job_program  # noqa: PLC0415 - only there

    return job_program(command, cwd=cwd, environment=environment, on_line=on_line)
