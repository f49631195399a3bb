"""Run the trials of one case of the study. What is the same trial as an earlier one is not run again.

On the emulated platform a trial follows from the holds that are drawn for it, from the strategy, and
from what the strategy draws itself. So strategies of one notation share a trial, and so do blocks in
which the same holds were drawn: none, or one whose times are constants. A strategy that draws its waits,
or writes a file that has holds of its own, shares only a trial without a failed attempt, in which it
draws nothing. `nox -s study -- repeat` runs a part of the blocks with nothing shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.errors import HarnessError
from harness.holds.draw import draw_holds
from harness.platform.registry import get_platform
from harness.run.events import ignore
from harness.run.execution import Executor
from harness.run.payloads import prepare_all
from harness.run.plan import cases_of
from harness.run.steps import InstallSite, step_of
from harness.run.workspace import workspace
from harness.scenario.load import load_scenarios
from harness.strategy.lookup import find
from harness.study.definition import SEED

if TYPE_CHECKING:
    from harness.payload.prepare import Item
    from harness.platform.base import Platform
    from harness.record.trial_record import TrialRecord
    from harness.run.plan import Case, Trial
    from harness.strategy.spec import StrategySpec

PLATFORM: Final = "emulated"


class Row(NamedTuple):
    """A trial of the study: its place in the plan, and what it shows."""

    case: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    strategy: str
    """Name of the strategy."""
    block: int
    """Number of the block."""
    outcome: str
    """How it ended."""
    attempts: int
    """Listed calls of the primitive."""
    elapsed_us: int
    """Microseconds with the operation under way, on the outcome clock."""


class Part(NamedTuple):
    """The trials of a scenario under one profile: what a process runs in one go."""

    file: Path
    """The scenario."""
    profile: str
    """Name of the hold profile."""
    blocks: tuple[int, ...] | range
    """Numbers of the blocks."""
    shares: bool
    """Whether what is the same trial is run once."""


def never() -> bool:
    """Say that nothing is over."""
    return False


def run_part(part: Part, is_over: Callable[[], bool] = never) -> list[Row]:
    """Run a part; where all `is_over`, which is asked before each block, give up with what there is.

    Raises `HarnessError` for a trial that does not count: emulated ones all do.
    """
    (loaded,) = load_scenarios([part.file])
    views = {choice.display: find(choice.use) for choice in loaded.scenario.strategies}
    strategies = {label: view.strategy for label, view in views.items()}
    cases = {case.profile_name: case for case in cases_of(loaded, strategies, SEED)}
    case = cases[part.profile]
    rows: list[Row] = []
    with closing(get_platform(PLATFORM)) as platform, workspace(platform, [loaded]) as folders:
        items = prepare_all([loaded], folders.main, ignore)
        executor = Executor("study", items, platform, folders)
        specs = {label: view.spec for label, view in views.items()} if part.shares else {}
        same = _SameTrials(_Draws(case, items[loaded.name], platform), specs)
        for block in part.blocks:
            if is_over():
                break
            for trial in case.block(block):
                row = same.row_of(trial)
                if row is None:
                    (done,) = executor.run([trial])
                    row = _row(done.record)
                    same.add(trial, row, done.record)
                rows.append(row)
    return rows


def _row(record: TrialRecord) -> Row:
    place = (record.scenario, record.profile, record.strategy, record.block)
    if record.void is not None or record.outcome == "harness-error":
        raise HarnessError(f"{place} does not count: {record.void or record.detail}")
    attempts = sum(len(operation.attempts) for operation in record.operations)
    return Row(*place, record.outcome, attempts, round(record.elapsed_ms * 1000))


class _Draws:
    """The holds that are drawn for the operations of a case, by block: the last one is remembered."""

    def __init__(self, case: Case, items: Sequence[Item], platform: Platform) -> None:
        self._case = case
        self._files = {}
        for item in items:
            operations = case.loaded.scenario.operations
            site = InstallSite(Path(), item, platform, {}, case.variants[0].strategy, operations)
            for number, spec in enumerate(operations):
                op_id = f"{item.name}/{number}-{spec.kind}"
                self._files[op_id] = step_of(site, spec).held_files
        self._last = (-1, "")

    def of(self, block: int) -> str:
        """Spell the holds of a block, operation by operation: blocks with the same ones are equal."""
        if block != self._last[0]:
            drawn = [
                draw_holds(self._case.profile, files, self._case.hold_key(block, op_id))
                for op_id, files in self._files.items()
            ]
            self._last = (block, repr(drawn))
        return self._last[1]


class _SameTrials:
    """The trials so far, by what they follow from. `specs` are those of the strategies that share."""

    def __init__(self, draws: _Draws, specs: Mapping[str, StrategySpec | None]) -> None:
        self._draws = draws
        self._specs = specs
        self._rows: dict[tuple[StrategySpec, str], Row] = {}

    def row_of(self, trial: Trial) -> Row | None:
        """Return the row of a trial that is the same as an earlier one; else ``None``."""
        spec = self._specs.get(trial.variant.label)
        row = None if spec is None else self._rows.get((spec, self._draws.of(trial.block)))
        return row and row._replace(strategy=trial.variant.label, block=trial.block)

    def add(self, trial: Trial, row: Row, record: TrialRecord) -> None:
        """Add a trial that was run, if another one can be the same."""
        spec = self._specs.get(trial.variant.label)
        if spec is None:
            return
        failed = any(code for operation in record.operations for *_, code in operation.attempts)
        if not (failed and (spec.is_random or spec.writes_again)):
            self._rows[spec, self._draws.of(trial.block)] = row
