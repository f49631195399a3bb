"""The holds that a run recorded, as a profile that predictions are made for, and what its trials did.

Where holds are injected, all strategies of a block meet the same ones, so each block counts once. Their
times are those of the receipts. Holds of a machine's own scanner are known only by the attempts that
they block, so they are refused here: `harness tune` reads them as intervals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import InvalidInputError
from harness.holds.distributions import MOST_VALUES
from harness.holds.profile import Delay, Duration, HoldTemplate, Profile
from harness.predict.operation_shapes import shape_of, shape_of_operation
from harness.record.void import block_of, void_blocks
from harness.summary.trial_row import NOT_COUNTED, step_number
from harness.text import counted, joined, quoted

if TYPE_CHECKING:
    from harness.predict.shapes import TargetShape
    from harness.record.manifest import ScenarioEntry
    from harness.record.read import Run
    from harness.record.trial_record import HoldRecord, OperationRecord, TrialRecord

_Handle = tuple[str, str, str]
"""The object, the access and the share mode of a hold."""


@dataclass(frozen=True)
class Recorded:
    """The holds of one case of a run, its operation, and the number of draws that they are from."""

    name: str
    profile: Profile
    shape: TargetShape
    draws: int
    source: str


def recorded(
    run: Run,
    scenario: str | None = None,
    profile: str | None = None,
    *,
    operation: str | None = None,
    primitive: str | None = None,
) -> Recorded:
    """Return the holds of one case of a run, for its first operation or for another one.

    Raises `InvalidInputError` where several cases are left, or one without holds.
    """
    entry, name = _only_case(run, scenario, profile)
    template = entry.profiles[name]
    if template.ambient is not None:
        raise InvalidInputError(
            f"{name} injected nothing: its holds are known only as intervals between attempts",
            hint=f"`harness tune {quoted(str(run.folder))}` reads them.",
        )
    operations = list(_once_a_block(_counting(run, entry.name, name)))
    found = list(_templates(operations, template.holds, run.manifest.run))
    if not found:
        raise InvalidInputError(f"{entry.name} under {name}: no hold was taken in this run")
    installed, first = entry.scenario, entry.scenario.operations[0]
    of = counted(len(operations), "recorded operation")
    return Recorded(
        name=name,
        profile=template.model_copy(update={"holds": found}),
        shape=shape_of_operation(first, is_tree=installed.has_tree)
        if operation is None and primitive is None
        else shape_of(operation or first.kind, primitive),
        draws=len(operations),
        source=f"{entry.name} under {name}, {of} of {run.manifest.run}",
    )


def _only_case(run: Run, scenario: str | None, profile: str | None) -> tuple[ScenarioEntry, str]:
    cases = dict.fromkeys((trial.scenario, trial.profile) for trial in run.trials)
    left = [case for case in cases if scenario in {None, case[0]} and profile in {None, case[1]}]
    if len(left) != 1:
        shown = joined([f"{one} under {other}" for one, other in left or cases], most=6)
        raise InvalidInputError(
            f"a prediction is for one case, and this run has {shown}"
            if left or not cases
            else f"this run has no such case; it has {shown}",
            hint="Choose one with --scenario and --profile.",
        )
    entry = run.entry(left[0][0])
    if entry is None or left[0][1] not in entry.profiles:
        raise InvalidInputError(f"the manifest of {run.folder} does not know {left[0][0]}")
    return entry, left[0][1]


def _counting(run: Run, scenario: str, profile: str) -> Iterator[TrialRecord]:
    """Yield the trials of a case that count."""
    trials = [each for each in run.trials if (each.scenario, each.profile) == (scenario, profile)]
    void = void_blocks(trials)
    for trial in trials:
        if block_of(trial) not in void and trial.outcome != NOT_COUNTED:
            yield trial


def _once_a_block(trials: Iterable[TrialRecord]) -> Iterator[OperationRecord]:
    """Yield the first operations of each block once: of the trial in which most of them began."""
    by_block: dict[int, TrialRecord] = {}
    for trial in trials:
        before = by_block.setdefault(trial.block, trial)
        if len(trial.operations) > len(before.operations):
            by_block[trial.block] = trial
    for trial in by_block.values():
        yield from (each for each in trial.operations if step_number(each) == 0)


def _templates(
    operations: Sequence[OperationRecord], holds: Sequence[HoldTemplate], run: str
) -> Iterator[HoldTemplate]:
    """Yield each kind of hold with the times that were recorded of it."""
    found: dict[_Handle, list[tuple[HoldRecord, OperationRecord]]] = defaultdict(list)
    for operation in operations:
        for hold in operation.holds:
            found[hold.object, hold.access, hold.share].append((hold, operation))
    for template in holds:
        handle = template.handle
        records = found.pop((handle.object, handle.access, handle.share), [])[:MOST_VALUES]
        if not records:
            continue
        begun = [max(_begun_us(hold) - operation.ready_us, 0) / 1000 for hold, operation in records]
        lasted = [_lasted_ms(hold) for hold, _ in records]
        share = {"value": min(len(records) / len(operations), 1.0), "source": f"run {run}"}
        yield template.model_copy(
            update={
                "probability": template.probability.model_copy(update=share),
                "delay": template.delay.model_copy(update={"of": _of(template.delay, begun)}),
                "duration": template.duration.model_copy(update={"of": _of(template.duration, lasted)}),
            }
        )


def _begun_us(hold: HoldRecord) -> int:
    return hold.planned_us if hold.opened_us is None else hold.opened_us


def _lasted_ms(hold: HoldRecord) -> float | None:
    """How long a hold lasted, by its receipt; else as it was planned. ``None``: it had no end."""
    if hold.released_us is not None and hold.opened_us is not None:
        return (hold.released_us - hold.opened_us) / 1000
    return None if hold.duration_us is None else hold.duration_us / 1000


def _of(parameter: Delay | Duration, values_ms: Sequence[float | None]) -> Any:
    """Return the distribution of recorded times; those without an end last forever."""
    ended = tuple(value for value in values_ms if value is not None)
    empirical = {"distribution": "empirical", "values_ms": ended}
    forever = {"distribution": "forever"}
    if len(ended) in {0, len(values_ms)}:
        of: dict[str, Any] = empirical if ended else forever
    else:
        share = len(ended) / len(values_ms)
        parts = [{"weight": share, "of": empirical}, {"weight": 1 - share, "of": forever}]
        of = {"distribution": "mixture", "parts": parts}
    cited = {"evidence": parameter.evidence, "source": parameter.source}
    return type(parameter).model_validate({"of": of, **cited}).of
