"""Which rules this Wine follows, found by trying them.

Nothing is believed of a Wine because of its version, or because its server was to load a library.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.holds.handles import Hold
from harness.platform.base import HoldLostError
from harness.platform.windows.win32.file_names import MOVEFILE_REPLACE_EXISTING, move
from harness.winerror import ACCESS_DENIED, winerror_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.platform.base import Rules
    from harness.platform.windows.locker_process import LockerProcess

HeldOpen = Callable[[str], AbstractContextManager[object]]
"""Keep a file open, in this process or in another one."""


def _held_here(path: str) -> AbstractContextManager[object]:
    return open(path, "rb")


def held_by(locker: LockerProcess) -> HeldOpen:
    """Have files held as in trials; so the locker is proved to be a program of the same Wine server.

    What is entered raises `HoldLostError` if the locker cannot hold the file.
    """

    @contextmanager
    def held_open(path: str) -> Iterator[None]:
        locker.schedule_holds([Hold("child", path)])
        try:
            yield
        finally:
            *_, receipt = locker.end()  # a trial that was interrupted may have left others
        if receipt.opened_ns is None:
            raise HoldLostError(f"the locker could not open a new file: error {receipt.error}")

    return held_open


def find_rules(held_open: HeldOpen = _held_here) -> Rules:
    """Try which rules this Wine follows: ``ntfs`` if it refuses both of what stock Wine lets through.

    These are the rename of a directory while a file in it is open, and the replacement of a read-only
    file. Raises `HarnessError` if a directory is refused and a read-only file is not: those are neither
    the rules of the lane nor Wine's own.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not _refuses_directory_with_open_file(folder, held_open):
            return "stock"  # newer versions of stock Wine may refuse read-only targets by themselves
        if not refuses_read_only_target(folder):
            raise HarnessError(
                "this Wine refuses to rename a directory while a file in it is open, as NTFS does, and "
                "replaces read-only files, as NTFS does not",
                hint="These are half of the lane's rules. End Wine's server, and try again.",
            )
    return "ntfs"


def _refuses_directory_with_open_file(folder: str, held_open: HeldOpen) -> bool:
    directory = os.path.join(folder, "directory")
    os.mkdir(directory)
    child = os.path.join(directory, "child")
    with open(child, "xb"):
        pass
    with held_open(child):
        return _is_refused(directory, f"{directory}-moved")


def refuses_read_only_target(folder: str | Path) -> bool:
    """Try whether no rename replaces a read-only file. Raises `OSError` for any error but 5."""
    source, target = (os.path.join(folder, name) for name in ("source", "target"))
    for path in (source, target):
        with open(path, "xb"):
            pass
    os.chmod(target, stat.S_IREAD)
    try:
        return _is_refused(source, target, MOVEFILE_REPLACE_EXISTING)
    finally:
        os.chmod(target, stat.S_IREAD | stat.S_IWRITE)  # else it could not be deleted


def _is_refused(source: str, target: str, flags: int = 0) -> bool:
    try:
        move(source, target, flags)
    except OSError as error:
        if winerror_of(error) != ACCESS_DENIED:
            raise
        return True
    return False
