"""Which rules this Wine follows, found by trying them."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.platform.windows.win32.file_names import move

if TYPE_CHECKING:
    from harness.platform.base import Rules


def find_rules() -> Rules:
    """Try which rules this Wine follows: ``ntfs`` if an open child blocks a directory's rename."""
    with tempfile.TemporaryDirectory() as folder:
        directory = os.path.join(folder, "directory")
        os.mkdir(directory)
        with open(os.path.join(directory, "child"), "xb"), suppress(OSError):
            move(directory, f"{directory}-moved", 0)
            return "stock"
    return "ntfs"
