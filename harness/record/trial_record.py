"""The record that running writes and analysis reads: one trial per line of ``journal.jsonl``.

Times inside a trial are whole microseconds on its outcome clock, from its start; ``null`` for what did
not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from itertools import chain
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.holds.profile import Freshness
from harness.platform.base import Holder, PlatformName

SCHEMA: Final = 5
"""Version of the record; `harness.record.migrate` knows the older ones. Readers refuse any other.

2 added ``incomplete`` to `DestState`. 3 has the names `ready_us`, `released_us`, `freshness`, and the
outcome ``not-retried``. 4 has check sums, and the run of a line. 5 added `places` and
`processes` to `TrialRecord`.
"""

_CHECKED_FROM: Final = 4


def is_checked(schema: object) -> bool:
    """Whether lines and manifests of this schema have check sums, and lines name their run."""
    return isinstance(schema, int) and schema >= _CHECKED_FROM


Outcome = Literal["ok", "exhausted", "not-retried", "vanished", "damaged", "harness-error"]
"""The end of a trial or an operation.

``exhausted``: gave up on a retryable error. ``not-retried``: the strategy does not retry this error, or
not in this situation. ``vanished``: the source is gone, or a scanner refuses it as a virus (225, 226).
``damaged``: persisted, but the bytes are wrong.
``harness-error``: not the strategy's doing; such trials are counted, and left out of rates.
"""
OperationOutcome = Literal[Outcome, "cancelled"]
"""``cancelled``: under way when another operation of the same install failed."""
DestState = Literal["old", "new", "missing", "incomplete", "mixed", "held"]
"""The content of the destination: the previous one, all of the new one, nothing, or a mixture.

``incomplete``: a tree without the marker that is written last (`harness.strategy.tree_methods`), by
which readers know that it is unfinished; a ``mixed`` one cannot be recognised. ``held``: it could not be
read because it was held, or because a scanner refuses it.
"""

WHOLE: Final = 1 << 53
"""Whole numbers up to here are exact as float64, in which times are analysed."""
Count = Annotated[int, Field(ge=0, le=(1 << 31) - 1)]
Size = Annotated[int, Field(ge=0, le=WHOLE)]
Microseconds = Annotated[int, Field(ge=-WHOLE, le=WHOLE)]
Duration = Annotated[int, Field(ge=0, le=WHOLE)]
"""In microseconds."""
Milliseconds = Annotated[float, Field(ge=0, le=WHOLE, allow_inf_nan=False)]
AttemptTimes = tuple[Microseconds, Microseconds, Count]
"""Start, end and Win32 code (0: success) of one call of the primitive."""
ENDS_EARLY: Final = "an attempt ends before it starts"
STARTS_EARLY: Final = "an attempt starts before the last one has ended"


Place = tuple[str | int, ...]
"""The place of a trial in the plan of its run: no other trial of the run has the same."""


def place_of(
    scenario: str, profile: str, block: int, strategy: str, factors: Mapping[str, str]
) -> Place:
    """The scenario, the profile, the block, and the variant."""
    return (scenario, profile, block, strategy, *chain.from_iterable(sorted(factors.items())))


def trial_id(run: str, place: Place) -> str:
    """The id of a trial: the same when the run is resumed, and no other trial's, of any run.

    A hash, so no name that is redacted can make two of them equal; 128 bits, so no two of them are.
    """
    return blake2b(repr((run, *place)).encode(), digest_size=16).hexdigest()


class Record(BaseModel):
    """The base of what a run writes: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class HoldRecord(Record):
    """One hold on one operation: as it was planned, and when it was really taken and released."""

    object: str
    """The held object, as the profile names it."""
    access: str
    """Access of the handle, as the profile names it."""
    share: str
    """Access that the handle let others have."""
    planned_us: Microseconds
    """Planned start."""
    duration_us: Duration | None
    """Planned length; ``null`` for a hold without an end of its own."""
    opened_us: Microseconds | None
    """Time at which it was taken; ``null``: never."""
    released_us: Microseconds | None
    """Time at which it was released; ``null``: it was still held when the trial ended."""
    asked_us: Microseconds | None = None
    """Time at which its handle was asked for, where that takes time; a scanner may keep it waiting until
    ``opened_us``.
    """
    error: Count | None = None
    """Win32 code of the failed taking, or of the failed release of a hold that was taken. ``null`` if
    neither failed, or the trial ended first.
    """


class OperationRecord(Record):
    """One persist step.

    Where an operation makes several calls (one per file; a rewrite reads, then writes), `attempts` has
    only the calls with an error and their retries; calls that succeeded at once are in `calls` alone. So
    are those that clean up a temporary place after a success: each is made once, and may fail.
    """

    op_id: str
    """Name of the operation in its trial."""
    kind: str
    """Kind of operation."""
    primitive: str
    """System call that it was to end in."""
    files: Size
    """Number of files of the payload item."""
    bytes: Size
    """Size of the payload item in bytes."""
    outcome: OperationOutcome
    """How it ended."""
    dest_state: DestState
    """Content of the destination afterwards."""
    ready_us: Microseconds
    """Time at which it was ready: its files closed, its holds acknowledged."""
    ended_us: Microseconds
    """Time at which it ended."""
    calls: Count
    """Number of calls of the primitive."""
    attempts: list[AttemptTimes]
    """Start, end and Win32 code (0: success) of calls of the primitive."""
    holds: list[HoldRecord]
    """Its holds, injected ones only."""
    by: str | None = None
    """System call that succeeded, where the primitive chose between several."""
    ntstatus: list[str] = []
    """The kernel's own codes behind the errors of ``attempts``, each once, as ``0xC0000022``."""
    holders: list[Holder] = []
    """Processes with its files open, asked for after the last attempt of an operation that failed."""

    @field_validator("attempts")
    @classmethod
    def _in_order(cls, attempts: list[AttemptTimes]) -> list[AttemptTimes]:
        last_end = None
        for start, end, _ in attempts:
            if end < start:
                raise ValueError(ENDS_EARLY)
            if last_end is not None and start < last_end:
                raise ValueError(STARTS_EARLY)
            last_end = end
        return attempts


class PlaceRecord(Record):
    """A place that an install may leave an old or a new version at: it moves one away for the other."""

    item: str
    """Name of the payload item."""
    place: str
    """The place, relative to the install folder."""
    is_destination: bool
    """Whether the new version was to come there."""
    before: DestState
    """Content before the install."""
    after: DestState
    """Content after it."""


class ProcessRecord(Record):
    """What another process of the scenario opened."""

    name: str
    """Name of the process."""
    place: str
    """The place that it opened by name, relative to the install folder."""
    holds: list[HoldRecord]
    """Each opening, with the error of one that failed."""


class Leftovers(Record):
    """Temporary files that the trial left behind, and the bytes that are nowhere else."""

    files: Size
    """Number of files."""
    bytes: Size
    """Their size in bytes."""


class Rerun(Record):
    """The last of the runs that followed an install that failed, with whatever was still held."""

    outcome: Outcome
    """How it ended."""
    elapsed_ms: Milliseconds
    """Time with operations under way, in milliseconds on the outcome clock."""
    dest_state: DestState
    """Content of the destination afterwards."""
    runs: Count = 1
    """Number of such runs: they end with a success, or when the scenario has no more."""


class Cost(Record):
    """Real time of the harness, beside the outcome clock."""

    stage: Duration
    """Laying the payload down, and removing it."""
    persist: Duration
    """Calls of the operations, and waits in real time."""
    verify: Duration
    """Checking the bytes at the destination."""


class TrialRecord(Record):
    """One line of the journal."""

    schema_version: Annotated[int, Field(alias="schema")] = SCHEMA
    """Version of the record."""
    trial_id: str
    """Name of the trial: hexadecimal digits that no other trial has, of any run. In records of older
    versions, scenario, profile, block and variant.
    """
    run: str = ""
    """Name of its run; records of older versions do not have it."""
    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    block: Count
    """Number of the block, from 0."""
    position: Count
    """Place of the trial in the order of its block, from 0."""
    strategy: str
    """Label of the strategy."""
    factors: dict[str, str]
    """Values of the factors."""
    freshness: Freshness | None = None
    """Freshness of the bytes that an ambient scanner saw; ``null`` where holds were injected."""
    platform: PlatformName
    """Platform of the calls and the holds."""
    outcome: Outcome
    """How the trial ended."""
    void: str | None = None
    """Why the trial does not count, and with it its whole block; ``null`` if it does."""
    detail: str | None = None
    """Cause of a ``harness-error``, a scanner's verdict on a file, or that the time limit had passed."""
    elapsed_ms: Milliseconds
    """Time during which operations were under way, in milliseconds on the outcome clock: each from the
    moment it was ready to its end, failed or not.
    """
    operations: list[OperationRecord]
    """The operations that began."""
    processes: list[ProcessRecord] = []
    """Other processes of the scenario."""
    places: list[PlaceRecord] = []
    """Places of an old and a new version, where operations move or remove what is installed."""
    leftovers: Leftovers
    """Temporary files left behind."""
    rerun: Rerun | None = None
    """The second run of an install that failed, if the scenario asks for one."""
    cost_us: Cost
    """Real time of the harness, in microseconds."""

    @property
    def place(self) -> Place:
        """Its place in the plan of its run."""
        return place_of(self.scenario, self.profile, self.block, self.strategy, self.factors)

    def to_line(self) -> str:
        """Return the record as one line of JSON, without a line end."""
        return self.model_dump_json(by_alias=True)
