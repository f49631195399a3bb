"""Find the processes of Linux by their environment, and end them."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError

POLL_S: Final = 0.02
ONLY_LINUX: Final = "this side of the Wine lane is Linux"
"""Never raised, but what follows has no types on Windows."""


def processes_with(variable: str) -> list[Path]:
    """The folders in ``/proc`` of all processes with ``NAME=value`` in their environment."""
    return [
        process
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and variable in read(process / "environ").split("\0")
    ]


def read(path: Path) -> str:
    """The content of a file in ``/proc``, empty if the process has ended or is another user's."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def send(kind: signal.Signals, processes: Iterable[Path]) -> None:
    """Send a signal to processes that may have ended meanwhile."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(int(process.name), kind)


def end_all(find: Callable[[], list[Path]]) -> None:
    """Kill all processes that `find` finds, and those that they start meanwhile."""
    if sys.platform == "win32":
        raise NotSupportedError(ONLY_LINUX)
    while processes := find():
        send(signal.SIGKILL, processes)
        time.sleep(POLL_S)


def leads_session(process: Path) -> bool:
    """Whether a process is the leader of its session."""
    if sys.platform == "win32":
        raise NotSupportedError(ONLY_LINUX)
    try:
        return os.getsid(int(process.name)) == int(process.name)
    except OSError:
        return False
