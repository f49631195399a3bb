"""Set up in steps that can be interrupted and repeated: each makes a folder and leaves a stamp in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

STAMP: Final = ".complete"


def is_made(folder: Path, made_from: str) -> bool:
    """Whether `folder` is complete and was made from `made_from`."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from


def folder_made(folder: Path, made_from: str, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make` unless it is complete and was made from `made_from`.

    `made_from` is everything that the content depends on. A half-made or outdated folder is removed
    first, so `make` always begins with an empty one. Hold a lock: one process at a time may do this.
    """
    if is_made(folder, made_from):
        return folder
    stamp = folder / STAMP
    if folder.exists():
        stamp.unlink(missing_ok=True)  # first, or an interrupted removal would look complete
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    make(folder)
    stamp.write_text(made_from, encoding="utf-8")
    return folder
