"""Profiles: named, cited distributions of holds, as `scenarios/profiles/*.toml` describe them.

A profile says which object is held, how, how likely, from when and for how long. Every parameter
carries its evidence, so that no table can present an assumption as a measurement.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES

Evidence = Literal["measured", "bound", "assumed"]
ObjectName = Literal["source", "target", "child", "largest-pe", "directory", "target-parent"]
AccessName = Literal["attributes", "read", "write", "delete", "read+write", "read+delete"]
ShareName = Literal["none", "r", "w", "d", "rw", "rd", "wd", "rwd"]

assert set(get_args(AccessName)) == set(ACCESS_NAMES)  # noqa: S101 - two spellings of one list
assert set(get_args(ShareName)) == set(SHARE_NAMES)  # noqa: S101

LARGEST_LIBRARY_BYTES: Final = 38_168_576
"""The largest library of the shipped payloads: libopenblas64 of numpy 1.26.4 for Windows.

It stands for a held file where none is given (numpy-1.26.4-cp312-cp312-win_amd64.whl; the largest `pe`
size in scenarios/numpy-wheel.toml).
"""

DAY_MS = 86_400_000.0
Milliseconds = Annotated[float, Field(ge=0, le=DAY_MS)]
PositiveMilliseconds = Annotated[float, Field(gt=0, le=DAY_MS)]


class Strict(BaseModel):
    """No unknown keys, no silent conversions, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Constant(Strict):
    """Always the same time."""

    distribution: Literal["constant"]
    ms: Milliseconds


class Uniform(Strict):
    """Evenly between two times."""

    distribution: Literal["uniform"]
    low_ms: Milliseconds
    high_ms: Milliseconds

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high_ms < self.low_ms:
            raise ValueError("high_ms must not be below low_ms")
        return self


class Lognormal(Strict):
    """Lognormal, by its median and its 99th percentile."""

    distribution: Literal["lognormal"]
    median_ms: PositiveMilliseconds
    p99_ms: PositiveMilliseconds

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.p99_ms <= self.median_ms:
            raise ValueError("p99_ms must be above median_ms")
        return self


class Exponential(Strict):
    """Exponential, by its mean."""

    distribution: Literal["exponential"]
    mean_ms: PositiveMilliseconds


class Pareto(Strict):
    """A Pareto tail from `min_ms` with exponent `shape`, truncated at `max_ms`."""

    distribution: Literal["pareto"]
    min_ms: PositiveMilliseconds
    shape: Annotated[float, Field(gt=0, le=20)]
    max_ms: PositiveMilliseconds

    @model_validator(mode="after")
    def _ordered(self) -> Pareto:
        if self.max_ms <= self.min_ms:
            raise ValueError("max_ms must be above min_ms")
        return self


class Empirical(Strict):
    """Observed times, each as likely as the others: `values_ms`, or a text file, one per line."""

    distribution: Literal["empirical"]
    values_ms: Annotated[tuple[Milliseconds, ...], Field(max_length=1_000_000)] = ()
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists_are_fine(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("values_ms"), list):
            return {**data, "values_ms": tuple(data["values_ms"])}
        return data

    @model_validator(mode="after")
    def _has_values(self) -> Empirical:
        if not self.values_ms and self.file is None:
            raise ValueError("give values_ms or the name of a file with one value per line")
        return self


class SizeProportional(Strict):
    """A fixed part plus the size of the held file at a scanning speed (MB = 10^6 bytes)."""

    distribution: Literal["size-proportional"]
    base_ms: Milliseconds
    mb_per_s: Annotated[float, Field(gt=0, le=1_000_000)]


class Forever(Strict):
    """Never released."""

    distribution: Literal["forever"]


class UntilFailure(Strict):
    """Released at the k-th attempt that failed because of it.

    The hold then depends on the strategy. It is for tests and reproductions; comparing strategies on
    it, or tuning one, is meaningless, and tables say so.
    """

    distribution: Literal["until-failure"]
    failures: Annotated[int, Field(ge=1, le=100_000)]


TimedDistribution = Constant | Uniform | Lognormal | Exponential | Pareto | Empirical | SizeProportional
"""Those that give a time whenever they are drawn from."""


class MixturePart(Strict):
    """One part of a mixture, with its share of the draws."""

    weight: Annotated[float, Field(gt=0, le=1)]
    of: Annotated[
        TimedDistribution | Forever,
        Field(discriminator="distribution"),
    ]


class Mixture(Strict):
    """One of several distributions, chosen by weight; the weights add up to 1."""

    distribution: Literal["mixture"]
    parts: Annotated[list[MixturePart], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _adds_up(self) -> Mixture:
        total = sum(part.weight for part in self.parts)
        if abs(total - 1) > 1e-9:  # noqa: PLR2004 - rounding of decimal weights
            raise ValueError(f"the weights add up to {total:g}, not to 1")
        return self


AnyDistribution = TimedDistribution | Mixture | Forever | UntilFailure
"""How long a hold may last."""


class Cited(Strict):
    """How well a parameter is known, and from where."""

    evidence: Evidence
    source: Annotated[str, Field(min_length=3)]


FILE_OBJECTS: Final = frozenset({"child", "largest-pe"})
"""The objects that are files whatever the operation is."""


class HandleKind(Cited):
    """Which object is held, and how.

    `object`: ``source`` is what the operation moves or changes, ``directory`` the same where it is a
    directory, ``child`` a file of it drawn at random, ``largest-pe`` its largest Windows program or
    library, ``target`` what has the new name already, ``target-parent`` the directory it goes into.
    For operations on one file, ``child`` and ``largest-pe`` are that file.
    """

    object: ObjectName
    access: AccessName = "read"
    share: ShareName
    byte_range_lock: bool = False
    section: Literal["data", "image"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> HandleKind:
        if self.section is not None and self.byte_range_lock:
            raise ValueError("a section keeps no handle open, so it cannot lock bytes")
        return self


class Probability(Cited):
    """How likely the hold is, per operation."""

    value: Annotated[float, Field(ge=0, le=1)]


class Delay(Cited):
    """How long after the files are closed the hold begins."""

    of: Annotated[
        Constant | Uniform | Lognormal | Exponential | Empirical,
        Field(discriminator="distribution"),
    ]


class Duration(Cited):
    """How long the hold lasts."""

    of: Annotated[
        AnyDistribution,
        Field(discriminator="distribution"),
    ]


class HoldTemplate(Strict):
    """One kind of hold. `ends` with ``vanish`` deletes the file when it ends: quarantine."""

    handle: HandleKind
    probability: Probability
    delay: Delay
    duration: Duration
    pe_only: bool = False
    ends: Literal["release", "vanish"] = "release"

    @model_validator(mode="after")
    def _can_end(self) -> HoldTemplate:
        if self.ends == "vanish" and isinstance(self.duration.of, Forever):
            raise ValueError("a hold that lasts for ever cannot end with vanish")
        if self.ends == "vanish" and self.handle.object not in FILE_OBJECTS:
            raise ValueError(f"only a file can vanish: {' or '.join(sorted(FILE_OBJECTS))}")
        return self


Freshness = Literal["original", "unique", "warm"]
"""Which bytes a scanner meets.

``original``: the published ones. ``unique``: every trial's programs and libraries have bytes of their
own at their end (an overlay, which no loader reads), so they are new to the world and still valid.
``warm``: such bytes once a run, so that every trial but a first one, which is not recorded, brings what
this machine has seen and the world has not.
"""


class Ambient(Strict):
    """Nothing is injected: whatever watches the machine is what is measured.

    Scanners remember what they saw, so results of different `freshness` are never pooled. `quiet_ms`
    is let pass before each trial, for what the one before it set going to end.
    """

    freshness: Freshness
    quiet_ms: Annotated[float, Field(ge=0, le=600_000)] = 250.0


class Profile(Strict):
    """A profile file: holds to inject, or none at all because the machine brings its own."""

    schema_version: Annotated[Literal[2], Field(alias="schema")]
    title: Annotated[str, Field(min_length=3)]
    about: str = ""
    holds: Annotated[list[HoldTemplate], Field(max_length=20)] = []
    ambient: Ambient | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Profile:
        if self.ambient is not None and self.holds:
            raise ValueError("an ambient profile injects nothing: it has no holds")
        return self

    @property
    def comparable(self) -> bool:
        """Whether strategies may be compared on it: no hold waits for a strategy's failures."""
        return not any(isinstance(hold.duration.of, UntilFailure) for hold in self.holds)

    @property
    def assumed(self) -> list[str]:
        """The parameters that are only assumed, as ``hold 1 duration``."""
        return [
            f"hold {number} {name}"
            for number, hold in enumerate(self.holds, 1)
            for name in ("handle", "probability", "delay", "duration")
            if getattr(hold, name).evidence == "assumed"
        ]
