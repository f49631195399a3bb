"""The seam between the harness and an operating system: primitives, holds, time, concurrency.

A platform performs the primitives on real files, lets something hold them, and drives the installs of
a trial. What runs above the seam is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from harness.clock import Clock
    from harness.holds.handles import Hold, Receipt
    from harness.platform.antivirus import Antivirus
    from harness.strategy.file_calls import FileCalls

PlatformName = Literal["emulated", "windows", "wine"]

LinkMode = Literal["hardlink", "copy"]
PathStyle = Literal["plain", "verbatim"]
"""How the primitives spell paths: ``C:\\…``, or ``\\\\?\\C:\\…``, which Windows takes as it is."""

if TYPE_CHECKING:
    Task = Generator[float, None, bool]
    """One install on its way: yields waits in seconds, returns whether it succeeded.

    A task makes at most one primitive call between two yields.
    """


class HoldLostError(Exception):
    """What becomes of the holds is not known: a trial under way is void."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that was found to have something open: what may be told of it, and how it was found."""

    process: str
    product: str | None
    company: str | None
    found_by: str


@dataclass(frozen=True, slots=True)
class Description:
    """Facts for the manifest, and what is proved about an antivirus that watches what is measured."""

    facts: dict[str, Any]
    antivirus: Antivirus


Capability = Literal[
    "ambient",
    "deletes-while-open",
    "location",
    "open-child-blocks-rename",
    "path-style",
    "posix-delete",
    "posix-rename",
    "program-resources",
    "quarantine-after-moves",
    "range-locks",
    "resources-of-held-programs",
    "sections-in-directories",
    "target-parent-holds",
]
"""What a case may need of a platform beyond renames, deletes and handles on files; see
`harness.run.select.needs`."""


class Platform(Protocol):
    """An operating system to measure on. `close` it at the end."""

    @property
    def name(self) -> PlatformName:
        """What every record made here says about its origin."""
        ...

    @property
    def is_real_time(self) -> bool:
        """Whether a wait takes as long as it says; and each trial must then write its bytes anew."""
        ...

    @property
    def cannot(self) -> Mapping[Capability, str]:
        """What cannot be measured here, each with the reason as a sentence."""
        ...

    @property
    def clock(self) -> Clock:
        """The outcome clock: all times of a trial are read from it."""
        ...

    @property
    def files(self) -> FileCalls:
        """The primitives of this platform."""
        ...

    def work_parent(self, needed_bytes: int) -> Path | None:
        """The folder to work in, for so many bytes; ``None`` for the usual temporary folder."""
        ...

    def spell(self, path: str, style: PathStyle) -> str:
        """Spell an absolute path for the primitives."""
        ...

    def get_ready(self) -> None:
        """Have at hand what a trial needs, before its files are laid down.

        Raises `HoldLostError` where nothing could be held.
        """
        ...

    def begin_trial(self, attempt_cost_ms: float) -> None:
        """Start the outcome clock at zero with nothing held."""
        ...

    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        """Schedule `holds` from now on; returns when the schedule is acknowledged.

        Raises `HoldLostError` if it is not.
        """
        ...

    def end_trial(self) -> list[Receipt]:
        """Let go of everything and hand in the receipts, in the order of scheduling.

        Raises `HoldLostError` if they are lost; the next trial may go on all the same.
        """
        ...

    def drive(self, tasks: Sequence[Task], concurrency: int) -> None:
        """Run `tasks`, `concurrency` at a time. After one fails, no other goes on."""
        ...

    def holders(self, path: str) -> Sequence[Holder]:
        """Who has `path` (or something in it) open now, this harness and its locker left out.

        Ask after the last attempt only: the handle that looks would itself be in the way. Empty where
        the platform cannot tell.
        """
        ...

    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        """Say what results depend on that are measured in the folders `measured`.

        `beside` are folders that the harness uses meanwhile, and that may be watched too. Both are
        named, for a path may name a user.
        """
        ...

    def close(self) -> None:
        """Give back what the platform keeps between trials."""
        ...
