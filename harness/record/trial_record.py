"""The record: what running writes and analysis reads, line by line of ``journal.jsonl``.

Times inside a trial are whole microseconds on its outcome clock, from its start. A time that did not
happen is ``null``.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.holds.profile import Freshness
from harness.platform.base import PlatformName

SCHEMA: Final = 3
"""Version of the record; `harness.record.migrate` knows the older ones. Readers refuse any other.

2 added ``incomplete`` to `DestState`. 3 renamed what the rest of the harness calls otherwise:
`ready_us`, `released_us`, `freshness`, and the outcome ``not-retried``.
"""

Outcome = Literal["ok", "exhausted", "not-retried", "vanished", "damaged", "harness-error"]
"""How a trial or an operation ended.

``exhausted``: gave up on a retryable error. ``not-retried``: the policy does not retry this error, or
not in this situation. ``vanished``: the source is gone. ``damaged``: persisted, but the bytes are wrong.
``harness-error``: not the strategy's doing; such trials are counted, and left out of rates.
"""
OperationOutcome = Literal[Outcome, "cancelled"]
"""``cancelled``: under way when another operation of the same install failed."""
DestState = Literal["old", "new", "missing", "incomplete", "mixed", "held"]
"""What is at the destination: what was there before, all of the new content, nothing, or neither.

``incomplete``: a tree without the marker that is written last (`harness.strategy.tree_methods`), so that
readers know that it was never finished; of ``mixed`` nobody can tell. ``held``: something that could not
be read, because it was looked at while it was held.
"""

Microseconds = int
AttemptTimes = tuple[Microseconds, Microseconds, int]
"""Start, end and Win32 code (0: success) of one call of the primitive."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class HoldRecord(_Record):
    """One hold on one operation: what was ordered, and when it was really taken and given back.

    `duration_us` is ``null`` for a hold without an end of its own. `opened_us` is ``null`` if it was
    never taken: `error` then has the Win32 code, or is ``null`` if the trial ended first. `released_us`
    is ``null`` if it was still held when the trial ended. Of a hold that was taken, `error` has the
    code of what went wrong when it was given back.
    """

    object: str
    access: str
    share: str
    planned_us: Microseconds
    duration_us: Microseconds | None
    opened_us: Microseconds | None
    released_us: Microseconds | None
    error: int | None = None


class HolderRecord(_Record):
    """A process that had the operation's files open after its last attempt, and how that was found."""

    process: str
    product: str | None
    company: str | None
    found_by: str


class OperationRecord(_Record):
    """One persist step. `ready_us` is when it was ready: its files closed, its holds acknowledged.

    `by` is the system call that succeeded, where the primitive chose between several; `ntstatus` the
    kernel's own codes behind the errors of `attempts`, each once, as ``0xC0000022``; `holders` is asked
    only after the last attempt, of an operation that failed.

    `calls` counts the calls of the primitive; `attempts` lists them. Where an operation makes several
    (one for each of many files; a rewrite reads, then writes), `attempts` lists those of the calls that
    met an error; what succeeded at once is in `calls` alone. So is what clears a temporary place away
    after a success: each such call is made once, and may fail.
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
    holders: list[HolderRecord] = []


class Leftovers(_Record):
    """Temporary names that the trial left behind, and the bytes that are only there."""

    files: int
    bytes: int


class Rerun(_Record):
    """The same install run once more after a failure, with whatever is still held.

    `elapsed_ms` as for the trial.
    """

    outcome: Outcome
    elapsed_ms: float
    dest_state: DestState


class Cost(_Record):
    """Real time spent beside the outcome clock: laying down and clearing away, calls, checking."""

    stage: Microseconds
    persist: Microseconds
    verify: Microseconds


class TrialRecord(_Record):
    """One line of the journal.

    `elapsed_ms` is the time on the outcome clock during which operations were under way, each from the
    moment it was ready (its files closed, its holds acknowledged) to its end, failed or not. `freshness`
    says which bytes an ambient scanner met. `void` says why a trial does not count (and with it its
    whole block); `detail` what went wrong in a ``harness-error``.
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
        """The record as one line of JSON, without the line's end."""
        return self.model_dump_json(by_alias=True)
