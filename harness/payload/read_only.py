"""What of a payload has the read-only attribute: files, folders, both, or what matches patterns."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import InvalidInputError
from harness.text import joined

if TYPE_CHECKING:
    from harness.scenario.payload_models import ReadOnlyParts


def paths_of(
    parts: ReadOnlyParts | list[str], files: Sequence[str], folders: Sequence[str], name: str
) -> list[str]:
    """Return the paths of `files`, then those of `folders` with the root, that `parts` stands for.

    A pattern with a ``/`` at its end is a folder's, any other a file's; case matters on every system.
    Raises `InvalidInputError`, with the `name` of the payload, for one that matches nothing.
    """
    match parts:
        case "files":
            return list(files)
        case "folders" | "all":
            return [*(files if parts == "all" else ()), *folders, "."]
    spelled = [*files, *(f"{folder}/" for folder in folders)]
    found = {
        each: [
            path
            for path in spelled
            if path.endswith("/") == each.endswith("/") and fnmatch.fnmatchcase(path, each)
        ]
        for each in parts
    }
    for pattern, paths in found.items():
        if not paths:
            raise InvalidInputError(
                f"{name}: read_only {pattern!r} matches nothing",
                hint=f"It has {joined(spelled, most=5)}.",
            )
    wanted = {path for paths in found.values() for path in paths}
    return [path.removesuffix("/") for path in spelled if path in wanted]
