"""The seam between the harness and an operating system: primitives, holds, time, concurrency.

A platform performs the primitives on real files, lets something hold them, and drives the installs of
a trial. What runs above the seam is the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.platform.handles import Hold, Receipt

PlatformName = Literal["emulated", "windows", "wine"]

RenamePrimitive = Literal["move", "move-replace", "replace-file", "posix-rename"]
LinkMode = Literal["hardlink", "copy"]

if TYPE_CHECKING:
    Lane = Generator[float, None, bool]
    """One install on its way: yields waits in seconds, returns whether it succeeded.

    A lane makes at most one primitive call between two yields.
    """


class FileSystem(Protocol):
    """The primitives. A call that Windows would refuse raises `OSError` with its ``winerror``."""

    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> None:
        """Give `source` (a file or a directory) the name `target`."""
        ...

    def delete_file(self, path: str) -> None:
        """``DeleteFileW``."""
        ...

    def remove_directory(self, path: str) -> None:
        """``RemoveDirectoryW``: an empty directory."""
        ...

    def create_hard_link(self, source: str, link: str) -> None:
        """``CreateHardLinkW``."""
        ...

    def copy_file(self, source: str, target: str) -> None:
        """``CopyFileExW``, over what is there."""
        ...

    def read_file(self, path: str) -> bytes:
        """Open, read all, close."""
        ...

    def rewrite_file(self, path: str, content: bytes) -> None:
        """Open and truncate an existing file, then write: not atomic."""
        ...


class Platform(Protocol):
    """An operating system to measure on."""

    @property
    def name(self) -> PlatformName:
        """What every record made here says about its origin."""
        ...

    @property
    def writes_afresh(self) -> bool:
        """Whether each trial must write its bytes anew, because something watches writes."""
        ...

    @property
    def clock(self) -> Clock:
        """The outcome clock: all times of a trial are read from it."""
        ...

    @property
    def files(self) -> FileSystem:
        """The primitives of this platform."""
        ...

    def work_parent(self, needed_bytes: int) -> Path | None:
        """The folder to work in, for so many bytes; ``None`` for the usual temporary folder."""
        ...

    def begin_trial(self, attempt_cost_ms: float) -> None:
        """Start the outcome clock at zero with nothing held."""
        ...

    def arm(self, holds: Sequence[Hold]) -> None:
        """Schedule `holds` from now on; returns when the schedule is acknowledged."""
        ...

    def end_trial(self) -> list[Receipt]:
        """Let go of everything and hand in the receipts, in the order of arming."""
        ...

    def drive(self, lanes: Sequence[Lane], concurrency: int) -> None:
        """Run `lanes`, `concurrency` at a time. After one fails, no other goes on."""
        ...

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest: what a result of this platform depends on."""
        ...
