"""Tell whether the process that started this one is gone, so that nothing outlives it."""

from __future__ import annotations

import os
import stat
import sys
from typing import Final

_INIT: Final = 1
"""The process that takes orphans over."""


class ParentProcess:
    """The process that started this one, as it is when this is made: make it early."""

    def __init__(self) -> None:
        self._id = os.getppid()
        self._handle: int | None = None
        if sys.platform == "win32":
            from harness.platform.windows.win32.parent import opened_process  # noqa: PLC0415

            self._handle = opened_process(self._id)

    @property
    def is_gone(self) -> bool:
        """Whether it has ended.

        On Windows a process keeps the number of its parent for good, and another process may get that
        number; so the process itself is asked. Elsewhere an orphan gets another parent. One whose parent
        is the first process may be an orphan from its start: it is none if its standard input is a pipe,
        whose end tells when the parent is gone.
        """
        if sys.platform == "win32":
            from harness.platform.windows.win32.parent import has_ended  # noqa: PLC0415

            return self._handle is None or has_ended(self._handle)
        return os.getppid() != self._id or (self._id == _INIT and not input_is_pipe())


def input_is_pipe() -> bool:
    """Whether standard input ends with its other end: it is a pipe, or one of Node's sockets."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # there is none
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
