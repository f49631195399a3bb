"""Open files and failures on Windows, for tests of its calls."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.rules_lab.windows_lab import native_semantics
from harness.platform.windows.win32 import (
    file_handles,
    library,
)
from harness.winerror import (
    ACCESS_DENIED,
    OPEN_FAILED,
    SHARING_VIOLATION,
)

if TYPE_CHECKING:
    from harness.platform.windows.windows_files import WindowsFileSystem


WINE = library.wine_version() is not None


HAS_POSIX = not WINE and native_semantics() == "posix"


needs_posix = pytest.mark.skipif(not HAS_POSIX, reason="no POSIX renames and deletes here")


on_wine = pytest.mark.skipif(not WINE, reason="what Wine lacks")


TICK_S = 0.016
"""A plain timer of Windows may end one tick of its clock early (learn.microsoft.com, "Sleep")."""


IN_THE_WAY = {ACCESS_DENIED, SHARING_VIOLATION, OPEN_FAILED}
"""What changing a program may say while somebody has it open: it depends on how, and when. uv#20567
reports the last."""


def error_of(call: Callable[..., object], *arguments: Any, **options: Any) -> OSError | None:
    """The error of a call that may fail."""
    try:
        call(*map(_plain, arguments), **options)
    except OSError as error:
        return error
    return None


def refusal(call: Callable[..., object], *arguments: Any, **options: Any) -> OSError:
    """The error of a call that must fail."""
    return error_of(call, *arguments, **options) or pytest.fail("it was not refused")


def _plain(argument: Any) -> Any:
    return str(argument) if isinstance(argument, Path) else argument


@contextmanager
def held(path: Path, share: int = 0, access: int = file_handles.GENERIC_READ) -> Iterator[int]:
    with file_handles.opened(str(path), access, share) as handle:
        yield handle


def add_resource(files: WindowsFileSystem, path: Path, name: str, data: bytes) -> None:
    """Until it works: on a real machine a scanner reads a program that was just written."""
    deadline = time.monotonic() + 30
    while True:
        try:
            files.add_resource(str(path), name, data)
        except OSError as error:
            if error.winerror not in IN_THE_WAY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
