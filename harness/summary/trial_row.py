"""What a summary reads of a trial: one row, whether it comes from a record or from a data frame."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Final, Literal, NamedTuple, get_args

from harness.record.trial_record import OperationRecord, Outcome, PlaceRecord, TrialRecord
from harness.scenario.expect_model import ExpectedLeft
from harness.scenario.model import Scenario

Left = Literal["", ExpectedLeft]
"""What a trial left at the destinations, the worst of them; empty for a trial in which nothing
failed.

``in-place``: the old version, where steps move it away or remove it. ``both``: the new version, and the
old one under another name. ``aside``: nothing, but the old one is there under another name. ``lost``:
an older file was to be replaced, and neither it nor the new one is there. ``nothing``: the same where
there was no older file. ``same`` and ``other``: what was there already, with the payload's content or
with another. The others are those of `harness.record.trial_record.DestState`.
"""
WORST_LAST: Final[tuple[Left, ...]] = get_args(Left)
"""What is left, in the order of the harm."""
HARM: Final = frozenset[Left]({"mixed-aside", "mixed", "lost"})
"""What users find broken: no retry mends it."""

NOT_COUNTED: Final = "harness-error"
"""The outcome of trials that are left out, as are all trials of a block with a void one."""


def factors_text(factors: Mapping[str, str]) -> str:
    """Factors on one line, sorted by key: ``link_mode=copy, primitive=move``."""
    return ", ".join(f"{key}={value}" for key, value in sorted(factors.items()))


class TrialRow(NamedTuple):
    """One trial of a case."""

    strategy: str
    """Label of the strategy."""
    factors: str
    """Values of the factors, as `factors_text` gives them."""
    block: Hashable
    """Its block: trials of the same one are compared with each other."""
    draw: Hashable
    """The draw of the holds: trials with the same one are repeated measurements."""
    outcome: Outcome
    """How it ended."""
    elapsed_ms: float
    """Time with operations under way."""
    attempts: int
    """Attempts on the operation that needed the most."""
    calls: int
    """All calls of the primitive."""
    held: bool
    """Whether an injected hold was there while an operation was under way."""
    left: Left
    """What it left at the destinations."""
    leftover_files: int
    """Number of temporary files left behind."""
    leftover_bytes: int
    """Their size in bytes."""
    rerun: str
    """Outcome of the second run of the same install; empty if there was none."""

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return self.outcome != "ok"

    @property
    def harmed(self) -> bool:
        """Whether a file was lost or damaged."""
        return self.outcome == "damaged" or self.left in HARM


class StepFacts(NamedTuple):
    """What a scenario says of one of its operations."""

    replaces: bool
    """Whether an older file has the destination's name."""
    pause_ms: float
    """Pause between closing the files and persisting them."""
    is_contested: bool = False
    """Whether something else has the name, or comes to have it."""


def steps_of(scenario: Scenario | None) -> tuple[StepFacts, ...]:
    """The operations of a scenario; none if it is not known."""
    if scenario is None:
        return ()
    return tuple(
        StepFacts(
            getattr(each, "existing", False),
            each.pause_ms,
            scenario.writers is not None or getattr(each, "already_there", None) is not None,
        )
        for each in scenario.operations
    )


def row_of(trial: TrialRecord, steps: Sequence[StepFacts]) -> TrialRow:
    """The row of a trial of a scenario with these `steps`; each block of a run has a draw of its own."""
    return TrialRow(
        strategy=trial.strategy,
        factors=factors_text(trial.factors),
        block=trial.block,
        draw=trial.block,
        outcome=trial.outcome,
        elapsed_ms=trial.elapsed_ms,
        attempts=attempts_of(trial),
        calls=calls_of(trial),
        held=was_held(trial, steps),
        left=left_by(trial, steps),
        leftover_files=trial.leftovers.files,
        leftover_bytes=trial.leftovers.bytes,
        rerun=trial.rerun.outcome if trial.rerun else "",
    )


def attempts_of(trial: TrialRecord) -> int:
    """Attempts on the operation that needed the most: 1 where everything worked at once."""
    return max((len(operation.attempts) for operation in trial.operations), default=1) or 1


def calls_of(trial: TrialRecord) -> int:
    """All calls of the primitive in a trial, those that worked at once included."""
    return sum(operation.calls for operation in trial.operations)


def was_held(trial: TrialRecord, steps: Sequence[StepFacts]) -> bool:
    """Whether an injected hold was there between the first call of an operation and its end."""
    by_processes = [hold for process in trial.processes for hold in process.holds]
    return any(
        hold.opened_us is not None
        and hold.opened_us <= operation.ended_us
        and (hold.released_us is None or hold.released_us > _first_call_us(trial, operation, steps))
        for operation in trial.operations
        for hold in chain(operation.holds, by_processes)
    )


def _first_call_us(trial: TrialRecord, operation: OperationRecord, steps: Sequence[StepFacts]) -> float:
    step = _step(operation, steps)
    own_ms = step.pause_ms if step else 0.0
    return operation.ready_us + 1000 * float(trial.factors.get("pause_ms", own_ms))


def left_by(trial: TrialRecord, steps: Sequence[StepFacts]) -> Left:
    """What a trial left at its destinations, if an operation failed."""
    if trial.outcome == NOT_COUNTED or all(each.outcome == "ok" for each in trial.operations):
        return ""
    if trial.places:
        items = dict.fromkeys(place.item for place in trial.places)
        return max(map(partial(_left_of_item, trial.places), items), key=WORST_LAST.index)
    left = [_left(operation, steps) for operation in trial.operations]
    return max(left, key=WORST_LAST.index, default="nothing")


def _left(operation: OperationRecord, steps: Sequence[StepFacts]) -> Left:
    if operation.dest_state != "missing":
        step = _step(operation, steps)
        already: dict[str, Left] = {"new": "same", "old": "other"} if step and step.is_contested else {}
        return already.get(operation.dest_state, operation.dest_state)
    if operation.kind in {"remove", "remove-file"}:
        return "new"  # removed, as was asked
    step = _step(operation, steps)
    return "lost" if step and step.replaces else "nothing"


def _left_of_item(places: Sequence[PlaceRecord], item: str) -> Left:
    """What is at the destination of an item, with what is where its old version may be."""
    own = [place for place in places if place.item == item]
    beside = any(place.after == "old" for place in own if not place.is_destination)
    untouched = any(place.before == place.after == "old" for place in own if not place.is_destination)
    found: Left = "nothing"
    for place in (place for place in own if place.is_destination):
        if place.after == "missing" == place.before and untouched:
            found = "in-place"  # such as a log that could not be given another name
        elif place.after == "missing":
            found = "aside" if beside else "lost" if place.before == "old" else "nothing"
        elif place.after == "new":
            found = "both" if beside else "new"
        elif place.after == "old":
            found = "in-place"
        else:
            found = "mixed-aside" if place.after == "mixed" and beside else place.after
    return found


def step_number(operation: OperationRecord) -> int | None:
    """The place of an operation among those of its scenario, from its name: ``numpy/0-rename``.

    ``None`` for a step after a failure, which is among those of the operation that failed:
    ``numpy/1-rename/undo/0-rename``.
    """
    number = operation.op_id.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdecimal() and "/undo/" not in operation.op_id else None


def _step(operation: OperationRecord, steps: Sequence[StepFacts]) -> StepFacts | None:
    place = step_number(operation)
    return steps[place] if place is not None and place < len(steps) else None
