"""The seam between the harness and an operating system: primitives, holds, time, concurrency.

A platform performs the primitives on real files, has them held, and drives the installs of a trial. What
runs above the seam is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from harness.clock import Clock
    from harness.holds.handles import Hold, Receipt
    from harness.holds.volume import Volume
    from harness.platform.antivirus import Antivirus
    from harness.platform.self_test.check import Check
    from harness.platform.self_test.report import Machine
    from harness.platform.step_calls import StepCalls

PlatformName = Literal["emulated", "windows", "wine"]
Rules = Literal["ntfs", "stock"]
"""The rules by which Wine renames: those of NTFS as far as the harness adds them, or its own."""

LinkMode = Literal["hardlink", "copy"]
PathStyle = Literal["plain", "verbatim"]
"""The spelling of paths: ``C:\\…``, or ``\\\\?\\C:\\…``, which Windows does not change."""

Task = Generator[float, None, bool]
"""One install: it yields waits in seconds and returns whether it succeeded.

A task makes at most one attempt between two yields.
"""


class HoldLostError(Exception):
    """The state of the holds is unknown, so the trial is void."""


class Holder(BaseModel):
    """A process that has a file open: what may be published about it, and how it was found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    process: str
    """File name of the program."""
    product: str | None
    """Product that its version information names."""
    company: str | None
    """Company that its version information names."""
    found_by: str
    """How the process was found."""


@dataclass(frozen=True, slots=True)
class Description:
    """Facts for the manifest, and what is proved about the antivirus in the measured folders."""

    facts: dict[str, Any]
    antivirus: Antivirus


@dataclass(frozen=True, slots=True)
class Diagnosis(Description):
    """What a user should know before measuring on this machine.

    `key_facts` has the facts in a few lines for people, by title; `advice` is sentences, the most
    important first.
    """

    key_facts: dict[str, str]
    advice: list[str]


Capability = Literal[
    "ambient",
    "deletes-while-open",
    "file-systems",
    "junctions",
    "location",
    "names-of-deleted-files",
    "open-child-blocks-rename",
    "other-volume",
    "own-errors",
    "path-style",
    "posix-delete",
    "posix-rename",
    "quarantine-after-moves",
    "range-locks",
    "read-only-files",
    "read-only-folders",
    "resources-of-held-programs",
    "sections-in-directories",
    "symlinks",
    "symlinks-denied",
    "target-parent-holds",
    "write-read-only",
]
"""What a case may need from a platform beyond renames, deletes and handles on files; see
`harness.run.select.needs`."""


class Platform(Protocol):
    """An operating system to measure on. `close` it at the end.

    A platform without anything to start or to release leaves out `get_ready` and `close`.
    """

    name: PlatformName
    """The origin that every record made here names."""
    is_real_time: bool
    """Whether waits take real time; then each trial must also write its bytes again."""
    rules: Rules | None = None
    """The rules that Wine was found to follow; ``None`` on other platforms."""
    cannot: Mapping[Capability, str]
    """What cannot be measured here, each with the reason as a sentence."""
    clock: Clock
    """The outcome clock: all times of a trial are read from it."""
    files: StepCalls

    def cannot_in(self, locations: Sequence[str]) -> Mapping[Capability, str]:
        """What cannot be measured in all of these locations; with none, in the usual folder.

        Raises the errors of `find_folder`.
        """
        del locations
        return self.cannot

    def work_parent(self, needed_bytes: int) -> Path | None:
        """The folder to work in, with room for so many bytes; ``None``: the usual temporary folder."""

    def find_folder(self, location: str) -> Path:
        r"""The folder of this machine that `location` names, such as ``%TEMP%`` or ``D:\work``.

        Raises `InvalidInputError` if there is none, or if it is on another machine.
        """

    def spell(self, path: str, style: PathStyle) -> str:
        """Spell an absolute path for the primitives."""

    def get_ready(self) -> None:
        """Start what a trial needs, before its files are laid down.

        Raises `HoldLostError` if no hold could be taken.
        """
        return

    def make_read_only(self, path: Path) -> None:
        """Give a file or a folder that is laid down the read-only attribute."""

    def choose_volume(self, volume: Volume | None, elsewhere: Sequence[Path]) -> None:
        """Let the next trials work as on `volume`, ``None`` for the platform's own.

        The folders `elsewhere` are on another volume.
        """

    def begin_trial(self, attempt_cost_ms: float) -> None:
        """Set the outcome clock to zero, with nothing held."""

    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        """Schedule `holds`, with times from now; return when the schedule is acknowledged.

        Raises `HoldLostError` if it is not.
        """

    def end_trial(self) -> list[Receipt]:
        """Release all holds; return their receipts, in the order of scheduling.

        Raises `HoldLostError` if they are lost; a next trial is still possible.
        """

    def what_changed(self) -> str | None:
        """A sentence on what is no longer as `describe` said; ``None`` if nothing is known to be.

        Asked before the first trial, when `get_ready` was called, and after the last one.
        """
        return None

    def drive(self, tasks: Sequence[Task], concurrency: int, *, contend: bool = False) -> None:
        """Run `tasks`, `concurrency` at a time. After one fails, the others stop.

        Tasks that `contend` work on the same files: a call under way is in the way of others.
        """

    def alone(self) -> AbstractContextManager[object]:
        """A context in which a task that is being driven does what no other task is to come between."""
        return nullcontext()

    def holders(self, path: str) -> Sequence[Holder]:
        """The processes that have `path` (or something in it) open, without this harness and its locker.

        Ask only after the last attempt: the question opens a handle that would block the next one. Empty
        where the platform cannot tell.
        """

    def describe(self, measured: Mapping[str, Path], beside: Mapping[str, Path]) -> Description:
        """The facts on which results measured in the folders `measured` depend.

        `beside` are folders that the harness uses meanwhile, and that may be watched too. Both are given
        by name, for a path may contain the name of a user.
        """

    def diagnose(self, folder: Path) -> Diagnosis:
        """What a user should know before measuring in `folder`."""

    def checks(self) -> Mapping[str, Check]:
        """The checks of a self-test by name, in the order in which they are made."""

    def machine(self, folder: Path) -> Machine:
        """What a self-test in `folder` says of this machine."""

    def close(self) -> None:
        """Release what the platform keeps between trials."""
        return
