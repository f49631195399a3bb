"""An operation under way: what it has done so far, and in the end its record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.clock import NS_PER_US
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Receipt
from harness.platform.base import Holder
from harness.record.trial_record import (
    AttemptTimes,
    DestState,
    HoldRecord,
    OperationOutcome,
    OperationRecord,
)
from harness.run.recorded_call import RecordedCall
from harness.run.steps import Step
from harness.strategy.operation import Call

_ACCESS_NAME: Final = {access: name for name, access in ACCESS_NAMES.items()}
_SHARE_NAME: Final = {share: name for name, share in SHARE_NAMES.items()}


@dataclass
class OperationRun:
    """One operation of an install. Times are nanoseconds on the outcome clock.

    `holds` are the places of its receipts among those of the trial. `verdict` is what a scanner says of
    the files at its destination. Nothing follows from the failure of one that `is_excused`.
    """

    op_id: str
    kind: str
    step: Step
    ready_ns: int
    holds: list[int] = field(default_factory=list)
    renewals: int = 0
    ended_ns: int | None = None
    outcome: OperationOutcome | None = None
    calls: int = 0
    attempts: list[AttemptTimes] = field(default_factory=list)
    by: str | None = None
    statuses: dict[int, None] = field(default_factory=dict)
    last_call: Call | None = None
    holders: list[Holder] = field(default_factory=list)
    verdict: str | None = None
    is_excused: bool = False

    def end(self, outcome: OperationOutcome, now_ns: int) -> None:
        """Note how it ended."""
        self.outcome, self.ended_ns = outcome, now_ns

    def add_attempts(self, recorded: RecordedCall) -> None:
        """Add the attempts of one primitive call, which its record lists."""
        self.attempts += recorded.attempts
        self.statuses |= recorded.statuses
        self.by = recorded.by or self.by

    def record(self, state: DestState, receipts: Sequence[Receipt], now_ns: int) -> OperationRecord:
        """Return its record. `receipts` are the trial's, `state` is what is at its destination."""
        files, item = self.step.held_files, self.step.site.item
        ended_ns = now_ns if self.ended_ns is None else self.ended_ns
        return OperationRecord(
            op_id=self.op_id,
            kind=self.kind,
            primitive=self.step.primitive,
            files=len(files),
            bytes=item.size if files is item.files else sum(file.size for file in files),
            outcome=self.outcome or "cancelled",
            dest_state=state,
            ready_us=self.ready_ns // NS_PER_US,
            ended_us=ended_ns // NS_PER_US,
            calls=self.calls,
            attempts=self.attempts,
            holds=[hold_record(receipts[place]) for place in self.holds],
            by=self.by,
            ntstatus=[f"0x{status:08X}" for status in self.statuses],
            holders=self.holders,
        )


def time_under_way_ns(operations: Iterable[OperationRun]) -> int:
    """Return how long at least one operation was under way; the time between them is the harness's."""
    total = reached = 0
    for operation in sorted(operations, key=lambda operation: operation.ready_ns):
        ready_ns = operation.ready_ns
        ended_ns = ready_ns if operation.ended_ns is None else operation.ended_ns
        total += max(0, ended_ns - max(reached, ready_ns))
        reached = max(reached, ended_ns)
    return total


def hold_record(receipt: Receipt) -> HoldRecord:
    """Return the record of a hold from its receipt."""
    hold = receipt.hold
    return HoldRecord(
        object=hold.object,
        access=_ACCESS_NAME[hold.access],
        share=_SHARE_NAME[hold.share],
        planned_us=receipt.planned_ns // NS_PER_US,
        duration_us=_microseconds(hold.duration_ns),
        opened_us=_microseconds(receipt.opened_ns),
        released_us=_microseconds(receipt.released_ns),
        asked_us=_microseconds(receipt.asked_ns),
        error=receipt.error,
    )


def _microseconds(time_ns: int | None) -> int | None:
    return None if time_ns is None else time_ns // NS_PER_US
