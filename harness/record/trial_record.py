"""The record that running writes and analysis reads: one trial per line of ``journal.jsonl``.

Times inside a trial are whole microseconds on its outcome clock, from its start; ``null`` for what did
not happen.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.holds.profile import Freshness
from harness.platform.base import Holder, PlatformName

SCHEMA: Final = 3
"""Version of the record; `harness.record.migrate` knows the older ones. Readers refuse any other.

2 added ``incomplete`` to `DestState`. 3 has the names `ready_us`, `released_us`, `freshness`, and the
outcome ``not-retried``.
"""

Outcome = Literal["ok", "exhausted", "not-retried", "vanished", "damaged", "harness-error"]
"""The end of a trial or an operation.

``exhausted``: gave up on a retryable error. ``not-retried``: the strategy does not retry this error, or
not in this situation. ``vanished``: the source is gone. ``damaged``: persisted, but the bytes are wrong.
``harness-error``: not the strategy's doing; such trials are counted, and left out of rates.
"""
OperationOutcome = Literal[Outcome, "cancelled"]
"""``cancelled``: under way when another operation of the same install failed."""
DestState = Literal["old", "new", "missing", "incomplete", "mixed", "held"]
"""The content of the destination: the previous one, all of the new one, nothing, or a mixture.

``incomplete``: a tree without the marker that is written last (`harness.strategy.tree_methods`), by
which readers know that it is unfinished; a ``mixed`` one cannot be recognised. ``held``: it could not be
read because it was held.
"""

Microseconds = int
AttemptTimes = tuple[Microseconds, Microseconds, int]
"""Start, end and Win32 code (0: success) of one call of the primitive."""


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
    duration_us: Microseconds | None
    """Planned length; ``null`` for a hold without an end of its own."""
    opened_us: Microseconds | None
    """Time at which it was taken; ``null``: never."""
    released_us: Microseconds | None
    """Time at which it was released; ``null``: it was still held when the trial ended."""
    error: int | None = None
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
    files: int
    """Number of files of the payload item."""
    bytes: int
    """Size of the payload item in bytes."""
    outcome: OperationOutcome
    """How it ended."""
    dest_state: DestState
    """Content of the destination afterwards."""
    ready_us: Microseconds
    """Time at which it was ready: its files closed, its holds acknowledged."""
    ended_us: Microseconds
    """Time at which it ended."""
    calls: int
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


class Leftovers(Record):
    """Temporary files that the trial left behind, and the bytes that are nowhere else."""

    files: int
    """Number of files."""
    bytes: int
    """Their size in bytes."""


class Rerun(Record):
    """A second run of an install that failed, with whatever is still held."""

    outcome: Outcome
    """How it ended."""
    elapsed_ms: float
    """Time with operations under way, in milliseconds on the outcome clock."""
    dest_state: DestState
    """Content of the destination afterwards."""


class Cost(Record):
    """Real time of the harness, beside the outcome clock."""

    stage: Microseconds
    """Laying the payload down, and removing it."""
    persist: Microseconds
    """Calls of the operations, and waits in real time."""
    verify: Microseconds
    """Checking the bytes at the destination."""


class TrialRecord(Record):
    """One line of the journal."""

    schema_version: Annotated[int, Field(alias="schema")] = SCHEMA
    """Version of the record."""
    trial_id: str
    """Name of the trial, unique in its run."""
    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    block: int
    """Number of the block, from 0."""
    position: int
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
    """Cause of a ``harness-error``."""
    elapsed_ms: float
    """Time during which operations were under way, in milliseconds on the outcome clock: each from the
    moment it was ready to its end, failed or not.
    """
    operations: list[OperationRecord]
    """The operations that began."""
    leftovers: Leftovers
    """Temporary files left behind."""
    rerun: Rerun | None = None
    """The second run of an install that failed, if the scenario asks for one."""
    cost_us: Cost
    """Real time of the harness, in microseconds."""

    def to_line(self) -> str:
        """Return the record as one line of JSON, without a line end."""
        return self.model_dump_json(by_alias=True)
