"""What is in the folders of a test: the content of each file by its path, to compare runs by."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

Tree: TypeAlias = Mapping[str, str]
"""Paths below the folders of a test, with ``/``, and the SHA-256 of what is there; a folder has none."""

FOLDER: Final = ""
_DRAWN: Final = re.compile(r"tmp[a-z0-9_]{8}|[0-9a-f]{8,}|\d{3,}")
"""Parts of names that are others in each run: those of ``tempfile``, hashes and longer numbers."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a larger file, only the length is compared."""


class Folders:
    """The folders in which a test works, each with a name that is the same in all runs."""

    def __init__(self, by_name: Mapping[str, Path]) -> None:
        self._by_name = {name: os.path.realpath(path) for name, path in by_name.items()}

    def name_of(self, path: str) -> str | None:
        """Return the path as a tree has it; ``None`` if it is in none of the folders."""
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        for name, folder in self._by_name.items():
            if real.startswith(folder + os.sep):
                inside = os.path.relpath(real, folder).replace(os.sep, "/")
                return f"{name}/{_without_drawn(inside)}"
        return None

    def tree(self) -> Tree:
        """Return all that is there now. What cannot be read counts as there."""
        found: dict[str, str] = {}
        for name, root in self._by_name.items():
            for folder, folders, files in os.walk(root):
                inside = _without_drawn(os.path.relpath(folder, root).replace(os.sep, "/"))
                prefix = name if inside == "." else f"{name}/{inside}"
                for entry in folders:
                    found[f"{prefix}/{_without_drawn(entry)}"] = FOLDER
                for entry in files:
                    content = _content(os.path.join(folder, entry))
                    found[f"{prefix}/{_without_drawn(entry)}"] = content
        return found


def _without_drawn(name: str) -> str:
    return _DRAWN.sub("*", name)


def _content(path: str) -> str:
    try:
        length = os.stat(path).st_size
        if length > MOST_BYTES:
            return f"{length} bytes"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"
