"""The content of each file and link in a folder by its path, to compare runs of a program by."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

Tree: TypeAlias = Mapping[str, str]
"""Paths below a folder, with ``/``, and what is there: the SHA-256 of a file or of a link's target, in
hexadecimal, `UNREADABLE`, or `FOLDER`."""
FOLDER: Final = ""
UNREADABLE: Final = "unreadable"


def entries(root: str | os.PathLike[str], most_bytes: float = math.inf) -> Iterator[tuple[str, str]]:
    """Yield the path and the content of all that is below `root`; nothing if that is no folder.

    Links are not followed. Of a file with more than `most_bytes`, the length stands for the content.
    """
    for place, folders, files in os.walk(root):
        inside = os.path.relpath(place, root).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        for name in folders:
            path = os.path.join(place, name)
            yield f"{prefix}{name}", _content(path, most_bytes) if os.path.islink(path) else FOLDER
        for name in files:
            yield f"{prefix}{name}", _content(os.path.join(place, name), most_bytes)


def _content(path: str, most_bytes: float) -> str:
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()
        if not stat.S_ISREG(status.st_mode):  # a pipe has no end, nor has a device
            return UNREADABLE
        if status.st_size > most_bytes:
            return f"{status.st_size} bytes"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return UNREADABLE
