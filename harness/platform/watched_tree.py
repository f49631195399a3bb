"""The seam for the changes that Windows reports of a folder and all that is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from harness.errors import NotSupportedError

ChangeKind = Literal["added", "removed", "modified", "renamed"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a name or of its content, and when this process read of it (`time.perf_counter_ns`).

    Paths are relative to the watched folder, with ``/``; `target` is the new name of what was renamed.
    """

    at_ns: int
    kind: ChangeKind
    path: str
    target: str | None = None


class WatchedTree(Protocol):
    """A folder that is watched."""

    def stop(self) -> None:
        """Read what was reported by now, and no more.

        Raises `HarnessError` if there were more changes than Windows could keep, and what `on_change`
        has raised.
        """


def watched_tree(
    folder: Path, on_change: Callable[[Change], None]
) -> AbstractContextManager[WatchedTree]:
    """Watch a folder from now on; `on_change` is called on another thread.

    Raises `OSError` if it cannot be opened, and `NotSupportedError` on another system than Windows.
    """
    if sys.platform != "win32":
        raise NotSupportedError("changes of a folder are read from Windows alone")
    from harness.platform.windows.tree_watch import tree_watch  # noqa: PLC0415 - only there

    return tree_watch(folder, on_change)
