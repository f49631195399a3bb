"""Temporary files and folders that belong to a running process, so that those of a killed one are found.

Each has a lock file beside it, which its owner holds. The system releases the lock when the owner ends,
however that happens, on Windows and under Wine too. (A process id would be in use again some day.)
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

LOCK: Final = ".lock"


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Own `path`, which need not exist yet: `clear_abandoned` of other processes leaves it alone.

    Raises `filelock.Timeout` if another process owns it.
    """
    lock = path.with_name(path.name + LOCK)
    held = FileLock(lock, timeout=0)
    held.acquire()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file; elsewhere, none takes it meanwhile
            lock.unlink()
        held.release()
        with suppress(OSError):
            lock.unlink()


@contextmanager
def private_folder(
    parent: Path,
    prefix: str,
    remove: Callable[[Path], object],
    remove_abandoned: Callable[[Path], object],
) -> Iterator[Path]:
    """Create a folder and remove it at the end; first remove those of killed processes beside it."""
    clear_abandoned(parent, f"{prefix}*", remove_abandoned)
    with ExitStack() as ownership:
        folder = _new_owned(parent, prefix, ownership)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            remove(folder)


def _new_owned(parent: Path, prefix: str, ownership: ExitStack) -> Path:
    """Own a new name: another one if somebody who clears away has taken its lock in that moment."""
    while True:
        path = parent / f"{prefix}{uuid.uuid4().hex[:12]}"
        with suppress(Timeout):
            ownership.enter_context(owned(path))
            return path


def clear_abandoned(folder: Path, pattern: str, remove: Callable[[Path], object]) -> None:
    """Call `remove` for what the `pattern` finds in `folder` and no process owns.

    What is another user's, or cannot be removed, stays. A path may be gone but for its lock file.
    """
    names = {str(found).removesuffix(LOCK) for found in folder.glob(pattern)}
    for path in map(Path, sorted(names)):
        with suppress(OSError, Timeout):
            if _is_mine(path) and _is_mine(path.with_name(path.name + LOCK)):
                with owned(path):
                    remove(path)


def _is_mine(path: Path) -> bool:
    """Whether `path` is this user's, or does not exist."""
    return sys.platform == "win32" or not os.path.lexists(path) or path.lstat().st_uid == os.getuid()
