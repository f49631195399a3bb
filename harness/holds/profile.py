"""Profiles: named, cited distributions of holds, as `scenarios/profiles/*.toml` describe them.

A profile says which object is held, how, with which probability, from when and for how long. Every
parameter carries its evidence, so that no table can present an assumption as a measurement.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from harness.holds.distributions import (
    AnyDistribution,
    Constant,
    Empirical,
    Exponential,
    Forever,
    Lognormal,
    Mixture,
    Uniform,
    UntilFailure,
)
from harness.holds.handles import AccessName, OwnError, Section, ShareName
from harness.holds.strict import Line, Strict
from harness.holds.tabulated import Counts, Quantiles

Evidence = Literal["measured", "bound", "assumed"]
ObjectName = Literal[
    "source",
    "target",
    "child",
    "children",
    "largest-pe",
    "directory",
    "subdirectory",
    "target-parent",
    "target-folder",
]


class Cited(Strict):
    """A parameter with its evidence and its source."""

    evidence: Evidence
    """Whether the value was measured, is a bound that was reported, or is assumed."""
    source: Line
    """Where the value is from: a thread, a trace, a document, a commit."""


FILE_OBJECTS: Final = frozenset({"child", "children", "largest-pe"})
"""The objects that are files for every operation."""
FOLDER_OBJECTS: Final = frozenset({"subdirectory", "target-folder"})
"""The objects that are a folder of a tree, drawn at random."""
PARENT_OBJECTS: Final = frozenset({"target-parent", "target-folder"})
"""The objects that are a folder that something goes into."""
PAYLOAD_OBJECTS: Final = FILE_OBJECTS | {"source", "directory", "subdirectory"}
"""The objects that an operation brings itself."""


class HandleKind(Cited):
    """The object that is held, and the handle on it."""

    object: ObjectName
    """The held object. ``source`` is what the operation moves or changes, ``directory`` the same where
    it is a directory, ``child`` a file of it drawn at random, ``largest-pe`` its largest Windows
    program or library, ``target`` what has the new name already, ``target-parent`` the directory it
    goes into. For operations on one file, ``child`` and ``largest-pe`` are that file. ``children`` is
    every file of it, each with draws of its own, so that the probability is the share of them;
    ``subdirectory`` a directory below it, and ``target-folder`` one below the target that files are
    placed in, both drawn at random.
    """
    access: AccessName = "read"
    """Access of the handle. A handle for ``attributes`` takes no part in the sharing check."""
    share: ShareName
    """Access that the handle lets others have: ``r`` read, ``w`` write, ``d`` delete."""
    byte_range_lock: bool = False
    """Whether the whole file is locked exclusively, too: reads and writes fail with error 33."""
    section: Section | None = None
    """Keep a mapping of the file instead of the handle: ``data``, or the ``image`` of a loaded program.
    """

    own_error: OwnError | None = Field(default=None, exclude_if=lambda value: value is None)
    """Nobody has the file open, but the machine answers every open of it with this code: 225 (a virus),
    1920 (the system cannot reach the file), 1224 (a mapped view), 110. Emulated only.
    """

    @model_validator(mode="after")
    def _consistent(self) -> HandleKind:
        if self.own_error and (self.section is not None or self.byte_range_lock):
            raise ValueError("an error of its own comes from no handle: no section, no lock on bytes")
        if self.own_error and self.object not in FILE_OBJECTS | {"source", "target"}:
            raise ValueError("an error of its own is that of a file: child, children, source or target")
        if self.section is not None and self.byte_range_lock:
            raise ValueError("a section keeps no handle open, so it cannot lock bytes")
        return self


class Probability(Cited):
    """The probability of the hold, per operation."""

    value: Annotated[float, Field(ge=0, le=1)]
    """The probability, from 0 to 1."""


TimedGap = Annotated[
    Constant | Uniform | Lognormal | Exponential | Empirical | Quantiles | Counts,
    Field(discriminator="distribution"),
]
"""A distribution of a time that ends, and that depends on nothing else."""


class Delay(Cited):
    """The time from the closing of the files to the start of the hold."""

    of: TimedGap
    """Distribution of the delay, in milliseconds."""


class Duration(Cited):
    """The length of the hold."""

    of: Annotated[AnyDistribution, Field(discriminator="distribution")]
    """Distribution of the length, in milliseconds."""


class Again(Cited):
    """How a hold comes again: gaps and lengths are drawn anew each time."""

    of: TimedGap
    """Distribution of the gap between the end of a hold and the next, in milliseconds."""
    times: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many times it comes again."""


HolderKind = Literal[
    "scanner",
    "indexer",
    "backup",
    "sync client",
    "file server",
    "shell",
    "editor",
    "build tool",
    "running program",
    "other program",
]


class KnownHolder(Strict):
    """Who holds the object, as far as a report says. It changes no draw."""

    product: Annotated[str, Field(min_length=2, max_length=100)]
    """Name of the program or product, such as ``dllhost.exe`` or ``Windows Search``."""
    kind: HolderKind
    """What it is."""
    permanent: bool = False
    """Whether it does not let go by itself, as a program that runs; then the hold lasts forever."""

    @property
    def words(self) -> str:
        """What it is, after its name: ``, a shell that does not let go``."""
        article = "an" if self.kind[0] in "aeio" else "a"
        return f", {article} {self.kind}{' that does not let go' * self.permanent}"


class HoldTemplate(Strict):
    """One kind of hold."""

    handle: HandleKind
    """The object that is held, and the handle on it."""
    probability: Probability
    """The probability of the hold, per operation."""
    delay: Delay
    """The time from the closing of the files to the start of the hold."""
    duration: Duration
    """The length of the hold."""
    pe_only: bool = False
    """Whether only Windows programs and libraries are held."""
    ends: Literal["release", "vanish"] = "release"
    """The end of the hold: the handle is released, or the file is deleted as by a quarantine
    (``vanish``).
    """

    holder: KnownHolder | None = Field(default=None, exclude_if=lambda value: value is None)
    """Who holds it, which output repeats. Unknown by default."""
    again: Again | None = Field(default=None, exclude_if=lambda value: value is None)
    """Take it again and again, as a watcher or a poller does. By default it happens once."""

    @property
    def most(self) -> int:
        """The number of holds that it stands for, per file if it is on ``children``."""
        return 1 + (self.again.times if self.again else 0)

    @property
    def usual_ms(self) -> float:
        """About how long after the closing of the files such a hold ends; see `Distribution`."""
        return self.delay.of.usual_ms() + self.duration.of.usual_ms()

    @model_validator(mode="after")
    def _can_end(self) -> HoldTemplate:
        if self.ends == "vanish" and isinstance(self.duration.of, Forever):
            raise ValueError("a hold that lasts forever cannot end with vanish")
        if self.holder and self.holder.permanent and not isinstance(self.duration.of, Forever):
            raise ValueError("a permanent holder does not let go: its hold must last forever")
        if self.again is not None and isinstance(self.duration.of, Forever | UntilFailure):
            raise ValueError("a hold whose end is not drawn cannot be taken again")
        if self.again is not None and self.ends == "vanish":
            raise ValueError("a file that vanishes cannot be held again")
        if self.ends == "vanish" and self.handle.object not in FILE_OBJECTS:
            raise ValueError(f"only a file can vanish: {' or '.join(sorted(FILE_OBJECTS))}")
        return self


Freshness = Literal["original", "unique", "warm"]
"""The bytes that a scanner is given.

``original``: the published ones. ``unique``: the programs and libraries of each trial end in bytes of
their own (an overlay, which no loader reads), so they are new to everyone and still valid. ``warm``:
such bytes once per run; a first trial, which is not recorded, shows them to this machine.
"""


class Ambient(Strict):
    """Inject nothing: measure what this machine's own scanners do."""

    freshness: Freshness
    """The bytes that a scanner is given: published ones (``original``), new in every trial (``unique``),
    or seen on this machine only (``warm``). Results of different freshness are never pooled.
    """
    quiet_ms: Annotated[float, Field(ge=0, le=600_000)] = 2_000.0
    """Pause before each trial in milliseconds, so that work caused by the previous trial can end."""


class Profile(Strict):
    """A profile file: holds to inject, or none because the machine brings its own."""

    schema_version: Annotated[Literal[2], Field(alias="schema")]
    """Version of the file's format."""
    title: Line
    """One line about the profile, as tables show it."""
    about: Annotated[str, Field(max_length=20_000)] = ""
    """Where the holds come from, and what the profile leaves out."""
    holds: list[HoldTemplate] = Field(default=[], max_length=20)
    """Holds to inject into every operation that has the held object."""
    ambient: Ambient | None = None
    """Inject nothing, and measure the machine's own scanners. Excludes ``holds``."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Profile:
        if self.ambient is not None and self.holds:
            raise ValueError("an ambient profile injects nothing: it has no holds")
        return self

    @property
    def longest_ms(self) -> float:
        """The time from the closing of the files to the latest end of a hold; see `Distribution`."""
        return max(
            map(_longest_ms, self.holds),
            default=0.0,
        )

    @property
    def recorded_values(self) -> int:
        """The number of recorded times in its distributions."""
        return sum(
            len(part.values_ms)
            for hold in self.holds
            for of in (hold.delay.of, hold.duration.of, *([hold.again.of] if hold.again else []))
            for part in ([each.of for each in of.parts] if isinstance(of, Mixture) else [of])
            if isinstance(part, Empirical)
        )

    @property
    def comparable(self) -> bool:
        """Whether strategies may be compared on it: no hold depends on the strategy's failures."""
        return not any(isinstance(hold.duration.of, UntilFailure) for hold in self.holds)


def _longest_ms(hold: HoldTemplate) -> float:
    gap_ms = hold.again.of.longest_ms() if hold.again else 0.0
    return hold.delay.of.longest_ms() + hold.most * (hold.duration.of.longest_ms() + gap_ms)
