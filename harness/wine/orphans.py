"""Adopt the processes that a child leaves behind: also those that left its session and environment.

A daemon makes itself an orphan. Linux gives orphans to the nearest process above that asked for them
(prctl(2), ``PR_SET_CHILD_SUBREAPER``), and to the first process of the system where none did.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError
from harness.wine.linux_processes import ONLY_LINUX, POLL_S, read

SET_CHILD_SUBREAPER: Final = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h, since Linux 3.4."""


@contextmanager
def orphans_ended() -> Iterator[None]:
    """Within it no other children may be started than those whose orphans are to be ended.

    At the end all are killed that became children of this process within it, and those that they
    started. Children that somebody still waits for, such as by a `subprocess.Popen`, must have ended.
    """
    if sys.platform == "win32":
        raise NotSupportedError(ONLY_LINUX)
    before = _children()
    prctl = ctypes.CDLL(None).prctl
    prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        while orphans := _children() - before:
            for each in orphans:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
                with suppress(ChildProcessError):
                    os.waitpid(each, os.WNOHANG)
            time.sleep(POLL_S)
        prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _children() -> set[int]:
    """The processes whose parent is this one, ended ones that nobody waited for too."""
    own = os.getpid()
    return {
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and _parent(process) == own
    }


def _parent(process: Path) -> int:
    """The parent of a process, behind its name (proc_pid_stat(5)); 0 if it has ended."""
    fields = read(process / "stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0
