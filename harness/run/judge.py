"""Verdicts on a finished trial: whether it counts, and whether its outcome is what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from harness.clock import NS_PER_MS
from harness.holds.handles import Receipt
from harness.record.trial_record import DestState, OperationRecord, Outcome
from harness.run.openings import PROCESS
from harness.run.operation_run import OperationRun
from harness.run.swapped_places import is_superseded
from harness.winerror import GONE

LATE_NS: Final = 100 * NS_PER_MS
"""A hold that is asked for, or ends, this much later than planned is not the one that was drawn.

One that was asked for in time may begin later: a scanner keeps the open waiting. It counts, with its
lateness, or the blocks in which scanners are slow would be left out.
"""


def void_reason(receipts: Sequence[Receipt], *, is_real_time: bool) -> str | None:
    """Return why the receipts make a trial void: a hold was not the one drawn. ``None`` if none does."""
    return next(_void_reasons(receipts, is_real_time=is_real_time), None)


def _void_reasons(receipts: Sequence[Receipt], *, is_real_time: bool) -> Iterator[str]:
    for receipt in receipts:
        hold, opened = receipt.hold, receipt.opened_ns
        if opened is None:
            continue
        asked = opened if receipt.asked_ns is None else receipt.asked_ns
        if asked > receipt.planned_ns + LATE_NS:
            yield f"a hold was asked for {(asked - receipt.planned_ns) // NS_PER_MS} ms late"
        if receipt.released_ns is not None and hold.duration_ns is not None:
            over_ns = receipt.released_ns - max(opened, receipt.planned_ns) - hold.duration_ns
            if over_ns > LATE_NS:
                yield f"a hold lasted {over_ns // NS_PER_MS} ms too long"
    if not is_real_time:
        return
    # A hold was to be there from the start, and another process had the file: this variant had no hold
    # of ours, and the others had one. (Two of ours on one path may exclude each other, in each variant.)
    paths = Counter(receipt.hold.path for receipt in receipts)
    for receipt in receipts:
        hold, error = receipt.hold, receipt.error
        if hold.object == PROCESS:  # which may find its place closed, as any process may
            continue
        taken = receipt.opened_ns is not None or error is None or error in GONE
        if not taken and not hold.starts_ns and paths[hold.path] == 1:
            yield f"a hold could not be taken (error {error})"


def is_whole(operations: Sequence[OperationRun], states: Sequence[DestState]) -> bool:
    """Whether what succeeded is there, as far as no later operation changed its place."""
    steps = [operation.step for operation in operations]
    return all(
        operation.outcome != "ok" or operation.step.is_complete(state) or is_superseded(steps, number)
        for number, (operation, state) in enumerate(zip(operations, states, strict=True))
    )


def checked(
    outcome: Outcome, operations: Sequence[OperationRun], records: Sequence[OperationRecord]
) -> Outcome:
    """Return `outcome`, corrected by what was found at the destinations; correct `records`, too.

    Success with bytes other than the payload's is damage; so is a non-atomic operation that failed
    halfway. A place that several changed is that of the last of them. What a scanner does not let
    anybody read has vanished.
    """
    steps = [operation.step for operation in operations]
    for number, (operation, record) in enumerate(zip(operations, records, strict=True)):
        if operation.verdict is not None:
            if record.outcome == "ok":
                record.outcome = "vanished"
            if outcome == "ok":
                outcome = "vanished"
            continue
        if is_superseded(steps, number):
            continue  # what is there now is another's work
        half_done = not operation.step.is_atomic and record.dest_state == "mixed"
        wrong = record.outcome == "ok" and not operation.step.is_complete(record.dest_state)
        if half_done or (outcome == "ok" and wrong):
            record.outcome = "damaged"
            if outcome != "harness-error":
                outcome = "damaged"
    return outcome
