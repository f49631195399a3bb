"""The holds of a machine's own scanner, as attempts show them, and the notes about them.

Read off the trials in which nothing was injected, case by case: bytes of different freshness are
different questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.record.trial_record import OperationRecord, TrialRecord
from harness.summary.model import AmbientHolds, CaseSummary, Holder
from harness.summary.notes import Note
from harness.summary.phrase import Value, listed
from harness.summary.statistics import wilson
from harness.text import counted, milliseconds, percent
from harness.winerror import (
    ACCESS_DENIED,
    LOCK_VIOLATION,
    OPEN_FAILED,
    REPLACE_FILE_CODES,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
    VIRUS_CODES,
)

BLOCKED_CODES: Final = frozenset(
    {ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, OPEN_FAILED, USER_MAPPED_FILE}
    | REPLACE_FILE_CODES
)
"""Errors of a call that a hold blocks."""

BYTES: Final = {
    "original": "the original bytes",
    "unique": "bytes it had never seen",
    "warm": "bytes that only this machine had seen",
}
"""Freshness in words."""
_MOST_HOLDERS: Final = 5


@dataclass(frozen=True)
class ObservedHold:
    """The time at which a hold ended, in milliseconds after its operation was ready, as an interval.

    It ended after `after_ms`, the start of the last attempt that it blocked, and before `by_ms`, the end
    of the one that succeeded; ``None`` where none did.
    """

    after_ms: float
    by_ms: float | None


def observed_hold(operation: OperationRecord) -> ObservedHold | None:
    """The hold that the attempts of an operation show; ``None`` if none was blocked."""
    blocked = [start for start, _, code in operation.attempts if code in BLOCKED_CODES]
    if not blocked:
        return None
    succeeded = [end for _, end, code in operation.attempts if code == 0 and end >= blocked[-1]]
    ready = operation.ready_us
    by_ms = (succeeded[0] - ready) / 1000 if succeeded else None
    return ObservedHold((blocked[-1] - ready) / 1000, by_ms)


def ambient_holds(trials: Sequence[TrialRecord], payload: str) -> AmbientHolds:
    """Summarise the machine's own holds, as the trials of a case show them.

    `trials` are those that count, `payload` says which bytes they persisted.
    """
    seen = [
        (trial, operation, hold)
        for trial in trials
        for operation in trial.operations
        if (hold := observed_hold(operation)) is not None
    ]
    ends = [hold.by_ms for _, _, hold in seen if hold.by_ms is not None]
    unexplained = {
        trial.trial_id for trial, operation, hold in seen if hold.by_ms is None and not operation.holders
    }
    return AmbientHolds(
        payload=payload,
        trials=len(trials),
        hit=len({trial.trial_id for trial, _, _ in seen}),
        longest_ms=max((hold.after_ms for _, _, hold in seen), default=0.0),
        released_by_ms=max(ends, default=None),
        unexplained=len(unexplained),
        stage_ms=median([trial.cost_us.stage / 1000 for trial in trials]) if trials else None,
        viruses=len({trial.trial_id for trial in trials if _is_refused(trial)}),
        holders=list(_holders(trials)),
    )


def _is_refused(trial: TrialRecord) -> bool:
    return any(
        code in VIRUS_CODES for operation in trial.operations for _, _, code in operation.attempts
    )


def _holders(trials: Iterable[TrialRecord]) -> Iterator[Holder]:
    found = Counter(
        (holder.process, holder.product, holder.company)
        for trial in trials
        for operation in trial.operations
        for holder in operation.holders
    )
    for (process, product, company), operations in found.most_common(_MOST_HOLDERS):
        yield Holder(process=process, product=product, company=company, operations=operations)


def ambient_notes(case: CaseSummary) -> Iterator[Note]:
    """Notes about the machine's own holds; none for a case with injected holds, or without trials."""
    found = case.ambient
    if found is None or not found.trials:
        return
    yield _hits(case, found)
    if found.viruses:
        installs = counted(found.viruses, "install")
        words = f"In {installs} a scanner refused a file as a virus (error 225 or 226): that is no hold."
        yield Note((words,), "caution")
    for holder in found.holders:
        known = [text for text in (holder.product, holder.company) if text]
        about = (" (", Value(", ".join(known)), ")") if known else ()
        operations = counted(holder.operations, "failed operation")
        yield Note(("Held by ", Value(holder.process), *about, f" after {operations}."), "caution")
    if any(variant.failures for variant in case.variants):
        yield _without_failures(case)


def _hits(case: CaseSummary, found: AmbientHolds) -> Note:
    low, high = wilson(found.hit, found.trials)
    begins = ("On this machine, with ", found.payload, " of ", Value(case.scenario), ": ")
    # the payload is laid down and read before the first trial
    installs = "installs" if case.freshness == "unique" else "repeats on bytes already met"
    if not found.hit:
        words = (
            f"none of {found.trials:,} {installs} was hit by a hold, so fewer than "
            f"{percent(high, 'up')} % of them are (95 % confidence, as far as each is independent)."
        )
        return Note((*begins, words), "caution")
    words = (
        f"{found.hit:,} of {found.trials:,} {installs} ({percent(found.hit / found.trials)} % "
        f"[{percent(low, 'down')}-{percent(high, 'up')}]) were hit by a hold. The longest blocked an "
        f"attempt {milliseconds(found.longest_ms)} after the files were closed"
    )
    if found.released_by_ms is not None:
        released = milliseconds(found.released_by_ms)
        words += f"; every hold whose end was seen had ended by {released}"
    words += "."
    if found.unexplained:
        words += (
            f" {counted(found.unexplained, 'install')} never got through, and no holder was found: a "
            "hold that outlasted the strategy, or a permission."
        )
    return Note((*begins, words), "caution")


def _without_failures(case: CaseSummary) -> Note:
    good = [variant for variant in case.variants if variant.trials and not variant.failures]
    if not good:
        return Note(("Every strategy failed at least once.",), "caution")
    worst = percent(max(variant.failure_rate_95.high for variant in good), "up")
    names = listed(" ".join([variant.strategy, *variant.factors.values()]) for variant in good)
    return Note(
        ("Never failed: ", *names, f" (failure rates below {worst} %, 95 % confidence)."), "caution"
    )
