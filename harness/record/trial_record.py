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
    """One hold on one operation: as it was planned, and when it was really taken and released.

    `duration_us` is ``null`` for a hold without an end of its own. `opened_us` is ``null`` if it was
    never taken: `error` then has the Win32 code, or is ``null`` if the trial ended first. `released_us`
    is ``null`` if it was still held when the trial ended. For a hold that was taken, `error` has the
    code of a failed release.
    """

    object: str
    access: str
    share: str
    planned_us: Microseconds
    duration_us: Microseconds | None
    opened_us: Microseconds | None
    released_us: Microseconds | None
    error: int | None = None


class OperationRecord(Record):
    """One persist step. It was ready at `ready_us`: its files closed, its holds acknowledged.

    `by` is the system call that succeeded, where the primitive chose between several. `ntstatus` are the
    kernel's own codes behind the errors of `attempts`, each once, as ``0xC0000022``. `holders` had its
    files open after the last attempt; they were asked for only if the operation failed.

    `calls` counts the calls of the primitive; `attempts` lists them. Where an operation makes several
    (one per file; a rewrite reads, then writes), `attempts` has only the calls with an error and their
    retries; calls that succeeded at once are in `calls` alone. So are those that clean up a temporary
    place after a success: each is made once, and may fail.
    """

    op_id: str
    kind: str
    primitive: str
    files: int
    bytes: int
    outcome: OperationOutcome
    dest_state: DestState
    ready_us: Microseconds
    ended_us: Microseconds
    calls: int
    attempts: list[AttemptTimes]
    holds: list[HoldRecord]
    by: str | None = None
    ntstatus: list[str] = []
    holders: list[Holder] = []


class Leftovers(Record):
    """Temporary files that the trial left behind, and the bytes that are nowhere else."""

    files: int
    bytes: int


class Rerun(Record):
    """A second run of an install that failed, with whatever is still held; times as for the trial."""

    outcome: Outcome
    elapsed_ms: float
    dest_state: DestState


class Cost(Record):
    """Real time of the harness, beside the outcome clock: laying down and removing, calls, checks."""

    stage: Microseconds
    persist: Microseconds
    verify: Microseconds


class TrialRecord(Record):
    """One line of the journal.

    `elapsed_ms` is the time on the outcome clock during which operations were under way, each from the
    moment it was ready (its files closed, its holds acknowledged) to its end, failed or not. `freshness`
    is that of the bytes which an ambient scanner sees. `void` is why a trial does not count, and with it
    its whole block; `detail` is the cause of a ``harness-error``.
    """

    schema_version: Annotated[int, Field(alias="schema")] = SCHEMA
    trial_id: str
    scenario: str
    profile: str
    block: int
    position: int
    strategy: str
    factors: dict[str, str]
    freshness: Freshness | None = None
    platform: PlatformName
    outcome: Outcome
    void: str | None = None
    detail: str | None = None
    elapsed_ms: float
    operations: list[OperationRecord]
    leftovers: Leftovers
    rerun: Rerun | None = None
    cost_us: Cost

    def to_line(self) -> str:
        """Return the record as one line of JSON, without a line end."""
        return self.model_dump_json(by_alias=True)
