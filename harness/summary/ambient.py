"""Does this machine's antivirus hold files, for how long, and which strategy survives it?

Answered from the trials in which nothing was injected, case by case: bytes of different freshness are
different questions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.summary.notes import Note
from harness.summary.phrase import Value
from harness.summary.statistics import wilson
from harness.text import counted, milliseconds, percent
from harness.winerror import (
    ACCESS_DENIED,
    LOCK_VIOLATION,
    OPEN_FAILED,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.record.read import Run
    from harness.record.trial_record import OperationRecord, TrialRecord
    from harness.summary.phrase import Phrase
    from harness.summary.summarise import CaseSummary

HELD_CODES: Final = frozenset(
    {ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, OPEN_FAILED, USER_MAPPED_FILE}
)
"""What a call answers when something has its file."""

BYTES: Final = {
    "original": "the published bytes",
    "unique": "bytes it had never seen",
    "warm": "bytes that only this machine had seen",
}


@dataclass(frozen=True)
class Denial:
    """How long an operation was denied, in milliseconds after its files were closed.

    The hold ended after `least_ms` (the last attempt that failed) and before `most_ms` (the one that
    succeeded; ``None`` where none did, for then nobody saw its end).
    """

    least_ms: float
    most_ms: float | None


def denial(operation: OperationRecord) -> Denial | None:
    """What an operation shows of a hold; ``None`` if nothing was in its way."""
    failed = [start for start, _, code in operation.attempts if code in HELD_CODES]
    if not failed:
        return None
    succeeded = [end for _, end, code in operation.attempts if code == 0 and end >= failed[-1]]
    ready = operation.ready_us
    return Denial((failed[-1] - ready) / 1000, (succeeded[0] - ready) / 1000 if succeeded else None)


def findings(run: Run) -> Iterator[Note]:
    """Sentences about each ambient case of a run; none if it has no such case."""
    for case in run.summary():
        trials = [
            trial
            for trial in run.trials
            if (trial.scenario, trial.profile) == (case.scenario, case.profile)
            and trial.freshness is not None
            and trial.void is None
            and trial.outcome != "harness-error"
        ]
        if trials:
            yield _met(case, trials, _bytes_met(run, case, trials))
            yield from _holders(trials)
            if any(row.failures for row in case.rows):
                yield _survivors(case)


def _bytes_met(run: Run, case: CaseSummary, trials: Sequence[TrialRecord]) -> str:
    """What the scanner met, as far as it is known: published bytes are those of the index."""
    freshness = trials[0].freshness or "original"
    entry = run.entry(case.scenario)
    made_here = entry is None or any(item.origin != "index" for item in entry.items)
    return "bytes made here" if freshness == "original" and made_here else BYTES[freshness]


def _met(case: CaseSummary, trials: Sequence[TrialRecord], bytes_met: str) -> Note:
    denied = [found for trial in trials if (found := _denials(trial))]
    met = len(denied)
    low, high = wilson(met, len(trials))
    begins: Phrase = ("On this machine, with ", bytes_met, " of ", Value(case.scenario), ": ")
    if not met:
        words = (
            f"none of {len(trials):,} installs met a hold, so that fewer than {percent(high)} % do "
            "(95 % confidence)."
        )
        return Note((*begins, words), "caution")
    denials = [found for one in denied for found, _ in one]
    seen = [found.most_ms for found in denials if found.most_ms is not None]
    lasted = max(found.least_ms for found in denials)
    words = (
        f"{met:,} of {len(trials):,} installs ({percent(met / len(trials))} % "
        f"[{percent(low)}-{percent(high)}]) met a hold. The longest denied an attempt "
        f"{milliseconds(lasted)} after the close"
    )
    end = f"; every hold whose end was seen had ended by {milliseconds(max(seen))}." if seen else "."
    if unnamed := sum(map(_to_the_end, denied)):
        end += (
            f" {counted(unnamed, 'install')} never got through and found no holder: a hold that "
            "outlasted the strategy, or a permission."
        )
    return Note((*begins, words, end), "caution")


def _denials(trial: TrialRecord) -> list[tuple[Denial, bool]]:
    """What was denied in a trial, each with whether a holder could be named."""
    return [
        (found, bool(operation.holders))
        for operation in trial.operations
        if (found := denial(operation)) is not None
    ]


def _to_the_end(denials: Sequence[tuple[Denial, bool]]) -> bool:
    """Whether an operation was denied to its last attempt, by nobody that could be named."""
    return any(found.most_ms is None and not named for found, named in denials)


def _holders(trials: Sequence[TrialRecord]) -> Iterator[Note]:
    named = Counter(
        (holder.process, holder.product, holder.company)
        for trial in trials
        for operation in trial.operations
        for holder in operation.holders
    )
    for (process, product, company), count in named.most_common(5):
        known = [text for text in (product, company) if text]
        about: Phrase = (" (", Value(", ".join(known)), ")") if known else ()
        yield Note(
            ("Held by ", Value(process), *about, f" after {counted(count, 'failed operation')}."),
            "caution",
        )


def _survivors(case: CaseSummary) -> Note:
    survived = [row for row in case.rows if not row.failures and row.trials]
    if not survived:
        return Note(("No strategy survived all of it.",), "caution")
    worst = max(row.interval[1] for row in survived)
    names: list[str | Value] = []
    for row in survived:
        names += [", " if names else "", Value(" ".join([row.strategy, *row.factors.values()]))]
    return Note(
        ("Survived all of it: ", *names, f" (failure rates below {percent(worst)} %, 95 % confidence)."),
        "caution",
    )
