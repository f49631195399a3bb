"""The seam for files that something else may hold: may they be moved now, and who has them open?

Only Windows (and Wine) can answer: elsewhere an open file keeps nobody from moving it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from harness.platform.base import Holder

Role = Literal["source", "target"]
"""What an operation does with a path: take it away, or put something in its place."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a path cannot be moved or replaced now."""

    code: int
    """The Win32 error of the attempt to open it for that."""
    path: str
    """The path itself, or what is in it."""
    is_hold: bool
    """Whether it is that something else has it open; else a permission, or what it is."""
    why: str
    """In words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The processes that had paths open, and sentences about what could not be asked."""

    holders: tuple[Holder, ...]
    process_ids: tuple[int, ...]
    not_asked: tuple[str, ...]


class HeldFiles(Protocol):
    """What can be told of files that are held. Nothing here changes a file."""

    def cannot_probe(self) -> str | None:
        """Why it cannot be told whether a path is blocked; ``None`` if it can."""

    def cannot_name(self) -> str | None:
        """Why holders cannot be named; ``None`` if they can. This is tried, with a file of its own."""

    def obstacle(self, path: str, role: Role) -> Obstacle | None:
        """What keeps `path` from being moved away, or replaced, now; ``None``: nothing.

        Raises `FileNotFoundError` if it is gone.
        """

    def ask(self, paths: Sequence[str]) -> Asked:
        """Ask who has the paths, or something in them, open now. Errors are in the answer."""

    def descendants(self, process_id: int) -> set[int]:
        """The processes that a process has started, as far as they can be known now."""


class NoHolds:
    """The answers of a system on which nothing is held."""

    def cannot_probe(self) -> str | None:
        """The reason is the system."""
        return (
            "on this system an open file keeps nobody from moving it; only Windows, or a Windows Python "
            "under Wine, can tell what holds a file"
        )

    cannot_name = cannot_probe

    def obstacle(self, path: str, role: Role) -> Obstacle | None:
        """Nothing is known to be one."""
        del path, role
        return None

    def ask(self, paths: Sequence[str]) -> Asked:
        """Nobody is named."""
        del paths
        return Asked((), (), ())

    def descendants(self, process_id: int) -> set[int]:
        """None are known."""
        del process_id
        return set()


def held_files() -> HeldFiles:
    """The answers of this system."""
    if sys.platform != "win32":
        return NoHolds()
    from harness.platform.windows.windows_held_files import WindowsHeldFiles  # noqa: PLC0415 - only there

    return WindowsHeldFiles()
