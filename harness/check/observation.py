"""What a check knows of one trial, whether a strategy of the harness made it or a program."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.summary.trial_row import NOT_COUNTED, StepFacts, row_of

if TYPE_CHECKING:
    from harness.record.trial_record import OperationRecord, Outcome, TrialRecord
    from harness.summary.trial_row import Left


@dataclass(frozen=True, slots=True)
class Observation:
    """One trial of a `subject`: the label of a strategy, or the name of a program.

    `held`: an injected hold was there while an operation was under way. Trials of the same `draw` are
    repeated measurements. `codes` are the Win32 codes that failed operations ended with, `left` is what
    a failed trial left at its destinations. With `why_not`, the trial does not count. `elapsed_ms` is
    the time that its operations took, where that is known. `recovered_in` is the number of the run that
    succeeded after one that failed, which is run 1.
    """

    subject: str
    factors: Mapping[str, str]
    draw: Hashable
    outcome: Outcome
    held: bool
    codes: frozenset[int] = frozenset()
    left: Left = ""
    why_not: str | None = None
    elapsed_ms: float | None = None
    recovered_in: int | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return self.outcome != "ok"


def observe(trials: Sequence[TrialRecord], steps: Sequence[StepFacts]) -> list[Observation]:
    """Return what is observed in the trials of one case; `steps` are those of its scenario."""
    void = {trial.block: trial.void for trial in trials if trial.void is not None}
    return [_observation(trial, steps, void.get(trial.block)) for trial in trials]


def _observation(trial: TrialRecord, steps: Sequence[StepFacts], void: str | None) -> Observation:
    row = row_of(trial, steps)
    why_not = f"void: {void}" if void is not None else None
    if trial.outcome == NOT_COUNTED:
        why_not = trial.detail or NOT_COUNTED
    elif trial.rerun is not None and trial.rerun.outcome == NOT_COUNTED:
        why_not = f"run again: {trial.detail or NOT_COUNTED}"
    return Observation(
        subject=trial.strategy,
        factors=trial.factors,
        draw=row.draw,
        outcome=trial.outcome,
        held=row.held,
        codes=frozenset(filter(None, map(_last_code, trial.operations))),
        left=row.left,
        why_not=why_not,
        elapsed_ms=trial.elapsed_ms,
        recovered_in=trial.rerun.runs + 1 if trial.rerun and trial.rerun.outcome == "ok" else None,
    )


def _last_code(operation: OperationRecord) -> int:
    """Return the code that a failed operation ended with; 0 for one that succeeded or was cancelled."""
    if operation.outcome in {"ok", "cancelled"} or not operation.attempts:
        return 0
    return operation.attempts[-1][2]
