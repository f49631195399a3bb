"""What failed within trials: installs that compete, and steps that may fail.

A rate counts trials, each once, however many of its installs failed; and a step that may fail makes no
trial fail. Both are counted here, by strategy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.summary.summary_model import SummaryModel
from harness.summary.trial_row import NOT_COUNTED, step_number

if TYPE_CHECKING:
    from harness.record.trial_record import OperationRecord, TrialRecord
    from harness.scenario.model import Scenario

_NO_FAILURE: Final = frozenset({"ok", "cancelled"})


class PartFailures(SummaryModel):
    """The failures within the trials of a strategy."""

    strategy: str
    """Label of the strategy."""
    installs: int
    """Installs of all trials that count, where several bring the same to one place; else 0."""
    failed_installs: int
    """Number of them that failed."""
    excused_steps: int
    """Steps of all trials that may fail and were made."""
    failed_excused_steps: int
    """Number of them that failed."""


def part_failures(trials: Sequence[TrialRecord], scenario: Scenario | None) -> list[PartFailures]:
    """Count what failed within the trials of a case that count, by strategy.

    None where a scenario has one install and no step that may fail.
    """
    if scenario is None:
        return []
    excused = {number for number, step in enumerate(scenario.operations) if step.may_fail}
    if scenario.writers is None and not excused:
        return []
    by_strategy = defaultdict(list)
    for trial in trials:
        if trial.outcome != NOT_COUNTED:
            by_strategy[trial.strategy].append(trial)
    count = scenario.writers.count if scenario.writers else 0
    return [_of_strategy(strategy, own, count, excused) for strategy, own in by_strategy.items()]


def _of_strategy(
    strategy: str, trials: Sequence[TrialRecord], installs: int, excused: set[int]
) -> PartFailures:
    steps = [each for trial in trials for each in trial.operations if step_number(each) in excused]
    return PartFailures(
        strategy=strategy,
        installs=installs * len(trials),
        failed_installs=sum(_failed_installs(trial, excused) for trial in trials) if installs else 0,
        excused_steps=len(steps),
        failed_excused_steps=sum(map(_has_failed, steps)),
    )


def _failed_installs(trial: TrialRecord, excused: set[int]) -> int:
    """The number of installs with a failure that is not excused: items of one install count once."""
    return len(
        {
            _writer(each)
            for each in trial.operations
            if _has_failed(each) and step_number(each) not in excused | {None}
        }
    )


def _writer(operation: OperationRecord) -> str:
    """The number of the install that an operation is of, from its name: ``entry@3/0-rename``."""
    return operation.op_id.partition("/")[0].rpartition("@")[2] if "@" in operation.op_id else ""


def _has_failed(operation: OperationRecord) -> bool:
    return operation.outcome not in _NO_FAILURE
