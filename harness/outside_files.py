"""Open files that come from outside: only regular ones, and no larger than their kind may be.

A scenario, a run or an export may come from a stranger. A pipe would make its reader wait without end, a
device has no end, and an endless text fills the memory.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from harness.errors import InvalidInputError

_NOT_WAITING: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe waits for its other end; and Windows changes the line ends of text."""
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_regular(path: Path) -> None:
    """Raise `InvalidInputError` if `path` is anything but a file, `OSError` if there is nothing."""
    _check(path, os.stat(path))


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises as `check_regular`, and does not even open anything else."""
    check_regular(path)
    file = os.fdopen(os.open(path, os.O_RDONLY | _NOT_WAITING), "rb")
    try:
        _check(path, os.fstat(file.fileno()))  # it may have been replaced
    except InvalidInputError:
        file.close()
        raise
    return file


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the content of a file of at most so many bytes.

    Raises `InvalidInputError` for a larger one and for anything but a file, `OSError` if it cannot be
    read.
    """
    with open_regular(path) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InvalidInputError(f"{path}: larger than {most_bytes:,} bytes; not a file of this kind")
    return content


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "something else")
        raise InvalidInputError(f"{path}: is {kind}, not a file")
