"""The folders in which a test works, as trees of files that are the same in each run of the test."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.file_tree import FOLDER, entries

if TYPE_CHECKING:
    from harness.file_tree import Tree

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
        """Return all that is there now.

        Where several files have one path, since parts of their names are drawn, it has the contents of
        all.
        """
        contents: defaultdict[str, list[str]] = defaultdict(list)
        for name, folder in self._by_name.items():
            for path, content in entries(folder, MOST_BYTES):
                contents[f"{name}/{_without_drawn(path)}"].append(content)
        return {
            path: " ".join(sorted(content for content in each if content != FOLDER))
            for path, each in contents.items()
        }


def _without_drawn(name: str) -> str:
    return _DRAWN.sub("*", name)
