"""Say what the cache keeps, how large it is and what for; remove archives.

Everything in it can be had or made again. Only what the harness itself has put there is named or
removed: ``HARNESS_CACHE`` may be a folder with other things in it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from harness.payload.cache import ARCHIVES

KeptKind = Literal["archives", "wine"]
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing in the cache: what it is, where, and the bytes it takes on the disk."""

    kind: KeptKind
    what: str
    path: Path
    bytes: int


def kept_archives(cache: Path) -> Iterator[Kept]:
    """Yield the archives in the folder `cache`, the largest first."""
    found = [
        Kept("archives", _names_in(path), path, bytes_below(path)) for path in _archive_folders(cache)
    ]
    yield from sorted(found, key=lambda archive: -archive.bytes)


def remove_archives(cache: Path) -> None:
    """Remove all archives from the folder `cache`."""
    for folder in _archive_folders(cache):
        shutil.rmtree(folder)


def bytes_below(folder: Path) -> int:
    """The bytes on the disk of all files below `folder`; links are not followed.

    Files that disappear meanwhile count nothing.
    """
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(place, name))
            except OSError:
                continue
            total += getattr(status, "st_blocks", 0) * 512 or status.st_size
    return total


def _archive_folders(cache: Path) -> list[Path]:
    folder = cache / ARCHIVES
    return [
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if _SHA256.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    ]


def _names_in(folder: Path) -> str:
    return ", ".join(sorted(os.listdir(folder))) or "nothing"
