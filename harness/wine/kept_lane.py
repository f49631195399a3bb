"""Say what the Wine lane keeps in the cache, how large each part is, and remove it again."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from harness.errors import HarnessError
from harness.payload.kept import Kept, bytes_below
from harness.preload.preload_library import FOLDER, LOCK
from harness.wine.linux_processes import processes_with, read
from harness.wine.prefix import PROGRAMS
from harness.wine.server import Server

PATIENCE_S: Final = 2.0
WHAT: Final = (
    (r"ntfs", "Windows for programs, with the rules of NTFS"),
    (r"stock", "Windows for programs, with Wine's own rules"),
    (PROGRAMS, "Windows for programs from outside, with denials"),
    (r"python-[\d.]+-[\d.]+", "CPython for Windows"),
    (r"python-version", "what that Python answered"),
    (r"packages-[0-9a-f]{12}", "packages for that Python"),
    (r"ntfs-rules-[0-9a-f]{12}", "the rules of NTFS, compiled"),
    (r"denials-[0-9a-f]{12}", "denials, compiled"),
    (r"junctions-[0-9a-f]{12}", "junctions for programs, compiled"),
    (r"source-[0-9a-f]{12}", "a link to the harness"),
    (r"without-copyfile2", "what Python does without under this Wine"),
    (r"bytecode", "compiled modules"),
)
"""What each folder is, by its name; nothing else is removed."""


def kept_by_wine(cache: Path) -> Iterator[Kept]:
    """Yield the parts of the lane in the folder `cache`, the largest first."""
    parts = [Kept("wine", what, path, bytes_below(path)) for path, what in _parts(cache / FOLDER)]
    yield from sorted(parts, key=lambda part: -part.bytes)


def _parts(folder: Path) -> list[tuple[Path, str]]:
    """The parts of the lane in its folder, each with what it is."""
    there = folder.iterdir() if folder.is_dir() else ()
    return [(path, what) for path in there if (what := _what(path)) is not None]


def _what(path: Path) -> str | None:
    if not path.is_dir() or path.is_symlink():
        return None
    return next((what for name, what in WHAT if re.fullmatch(name, path.name)), None)


def remove_wine(cache: Path) -> None:
    """Remove all parts of the lane from the folder `cache`, after its servers have ended.

    Raises `HarnessError` while a program uses it or another process sets it up.
    """
    folder = cache / FOLDER
    if not folder.is_dir():
        return
    try:
        with FileLock(folder / LOCK, timeout=PATIENCE_S):
            for part, _ in _parts(folder):
                prefix = part / "prefix"
                if sys.platform == "linux" and prefix.is_dir():
                    _end(prefix)
                shutil.rmtree(part)
    except Timeout as error:
        raise HarnessError("the Wine lane is being set up by another process") from error


def _end(prefix: Path) -> None:
    """End the server of a prefix, unless a Python runs in it."""
    for process in processes_with(f"WINEPREFIX={prefix}"):
        if "python.exe" in read(process / "cmdline").lower():
            raise HarnessError(
                f"the Wine lane is in use: process {process.name} runs a Windows Python",
                hint="Wait for it, or end it; then try again.",
            )
    Server(prefix).end()
