"""Who else works on the places of an install: more installs of the same, and other processes.

Profiles say what scanners do, with evidence; these are parts of the reported case itself, under every
profile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from harness.holds.distributions import Forever, Mixture, TimedDistribution
from harness.holds.handles import AccessName, Section, ShareName
from harness.holds.profile import HandleKind, ObjectName, TimedGap
from harness.holds.strict import Strict
from harness.scenario.bounds import MOST_WRITERS
from harness.scenario.names import RelativePath

Length = TimedDistribution | Mixture | Forever


class Writers(Strict):
    """Several installs of the payload to the same places, each with temporary files of its own.

    The trial fails if one of them fails; the others go on, for they are other processes.
    """

    count: Annotated[int, Field(ge=2, le=MOST_WRITERS)]
    """Number of installs, the first one included."""
    starts: TimedGap | None = None
    """Distribution of the time in milliseconds from the start of the first to that of each other one. By
    default all start at once.
    """
    lock: bool = False
    """Whether they take turns: one installs while the others wait for a lock, and then install, too."""
    poll_ms: Annotated[float, Field(gt=0, le=3_600_000)] = 10.0
    """Pause of one that waits between two looks at the lock, in milliseconds."""


OPENINGS: Final = 100
"""The times that a process opens something again and again, unless the scenario says how often."""
Doing = Literal["reads", "writes", "watches", "works in", "runs"]


@dataclass(frozen=True, slots=True)
class Manner:
    """The handle or section of a process by what it does."""

    access: AccessName
    share: ShareName
    section: Section | None = None


MANNERS: Final[Mapping[Doing, Manner]] = {
    "reads": Manner("read", "rw"),  # the C runtime's fopen, and so Python's open: _SH_DENYNO
    "writes": Manner("write", "rw"),
    "watches": Manner("read", "rwd"),  # what ReadDirectoryChangesW's page asks for
    "works in": Manner("read", "rw"),  # windows-sharing.md#the-directory-itself
    "runs": Manner("read", "rd", "image"),
}
"""The handle or section by which a process has something open."""


class OtherProcess(Strict):
    """Another process that opens something of an install by its name, once or again and again."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    """Name in tables."""
    does: Doing
    """What it has the place open for. ``reads`` and ``writes`` a file, ``watches`` a folder or ``works
    in`` it (its current directory), ``runs`` a program: then nobody has it open, but it is mapped.
    """
    at: RelativePath
    """The place that it opens by name, relative to the install folder; ``{name}``, ``{version}`` and
    ``{file}`` are filled in, for each item of the payload.
    """
    within: Literal["itself", "a file", "a folder"] = "itself"
    """Open the place itself, or a file or a folder of the tree that goes there, drawn at random."""
    starts: TimedGap | None = None
    """Distribution of the time from the start of the install to the first opening, in milliseconds. By
    default it begins first.
    """
    lasts: Annotated[Length, Field(discriminator="distribution")] | None = None
    """Distribution of the time that it keeps the place open, in milliseconds. By default to the end."""
    gap: TimedGap | None = None
    """Distribution of the time from the end of an opening to the next one, in milliseconds: a constant
    for a duty cycle, exponential for a Poisson process. By default it opens the place once.
    """
    every_ms: Annotated[float, Field(gt=0, le=86_400_000)] | None = None
    """The same as a fixed beat: the time from the start of an opening to that of the next one."""
    times: Annotated[int, Field(ge=2, le=10_000)] | None = None
    """Number of openings, with `gap` or `every_ms`; by default 100."""
    access: AccessName | None = None
    """Access of its handle, where that is another than what it `does` has."""
    share: ShareName | None = None
    """Access that it lets others have, likewise."""

    @model_validator(mode="after")
    def _consistent(self) -> OtherProcess:
        if self.gap is not None and self.every_ms is not None:
            raise ValueError("must have a gap or a beat (every_ms), not both")
        if self.again and isinstance(self.lasts, Forever | None):
            raise ValueError("must let go (lasts) before it opens the place again")
        if not self.again and self.times is not None:
            raise ValueError("must have a gap or a beat (every_ms) to open the place several times")
        return self

    def handle(self, targets: Collection[str]) -> HandleKind:
        """Its handle as a profile would describe it; `targets` are the places of operations."""
        below = [to for to in targets if to.startswith(f"{self.at}/")]
        objects: dict[str, ObjectName] = {"a file": "child", "a folder": "subdirectory"}
        if any(self.at.startswith(f"{to}/") for to in targets):
            objects["itself"] = "child"
        elif any("/" not in to.removeprefix(f"{self.at}/") for to in below):
            objects["itself"] = "target-parent"
        return HandleKind(
            object=objects.get(self.within, "source"),
            access=self.manner.access,
            share=self.manner.share,
            section=self.manner.section,
            evidence="assumed",
            source="the scenario",
        )

    @property
    def again(self) -> bool:
        """Whether it opens the place more than once."""
        return self.gap is not None or self.every_ms is not None

    @property
    def most(self) -> int:
        """The number of openings, for each item of the payload."""
        return (self.times or OPENINGS) if self.again else 1

    @property
    def manner(self) -> Manner:
        """The handle or section that it keeps."""
        usual = MANNERS[self.does]
        return Manner(self.access or usual.access, self.share or usual.share, usual.section)
