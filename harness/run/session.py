"""One session of work on a run: the trials that its journal lacks, in the order of the plan."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from harness.errors import InvalidInputError
from harness.payload.prepare import Item
from harness.platform.base import HoldLostError, Platform
from harness.record.damage import left_out
from harness.record.journal import NAME as JOURNAL
from harness.record.journal import Journal
from harness.record.journal_reader import RECORDS, JournalReader
from harness.record.manifest import Manifest
from harness.record.trial_record import Place, TrialRecord
from harness.run.candidates import Candidate
from harness.run.estimate import ExpectedTrials
from harness.run.events import Damaged, Estimated, EventHandler, Planned, TrialFinished
from harness.run.execution import Done, Executor
from harness.run.orders import Setting
from harness.run.pace import Pace
from harness.run.plan import Case, Trial, cases_of, evenly, rounds, variant_name
from harness.run.proof import proved
from harness.run.workers import Workers, processes_for
from harness.run.workspace import Workspace
from harness.scenario.load import LoadedScenario
from harness.strategy import Strategy

LOCK: Final = "run.lock"
LOCK_PATIENCE_S: Final = 2.0
"""A scanner holds a new file, such as the lock, for a moment; another process for its whole run."""
TELL_EVERY_S: Final = 0.5
"""Between two estimates of what is left."""
UNBOUNDED: Final = 1_000_000
"""Blocks of a run that only time limits."""


@dataclass(frozen=True)
class Prepared:
    """All that trials need. `candidates` and `items` are by the name of the scenario.

    `jobs` is how many processes were asked for, `allow_code` what they may do.
    """

    scenarios: Sequence[LoadedScenario]
    candidates: Mapping[str, Sequence[Candidate]]
    items: Mapping[str, Sequence[Item]]
    platform: Platform
    workspace: Workspace
    on_event: EventHandler
    jobs: int | None = None
    allow_code: bool = False

    def strategies(self, scenario: str) -> dict[str, Strategy]:
        """The strategies of a scenario by label, in the order of the scenario."""
        return {made.label: made.strategy for made in self.candidates[scenario]}


class Session:
    """What is done of a run, and what is left. Use it once: `run` completes the run in `folder`."""

    def __init__(self, folder: Path, manifest: Manifest, prepared: Prepared) -> None:
        self.folder = folder
        self.manifest = manifest
        self.prepared = prepared
        self.cases = {
            case.name: case
            for loaded in prepared.scenarios
            for case in cases_of(loaded, prepared.strategies(loaded.name), manifest.seed)
        }
        limits = {entry.name: entry.blocks for entry in manifest.scenarios}
        self.bounded = None not in limits.values()
        self.blocks = {name: limits[case.loaded.name] or UNBOUNDED for name, case in self.cases.items()}
        self.pace = self._pace() if self.bounded else None
        self.done: set[Place] = set()
        self.spent_s = dict.fromkeys(self.cases, 0.0)
        self.begun: dict[tuple[str, int], None] = {}
        self.processes = 1
        self._taken = dict.fromkeys(self.cases, 0)
        self._foreseen_s: dict[Place, float] = {}

    def run(self) -> None:
        """Run the trials that the journal does not have. Raises the errors of `harness.errors`."""
        prepared = self.prepared
        with _locked(self.folder), Journal(self.folder / JOURNAL) as journal:
            reader = JournalReader(self.folder, self.manifest, RECORDS)
            for _, record in reader:
                self._count(record)
            if reader.damage.lines:
                words, details = left_out(reader.damage.lines, reader.damage.told)
                text = f"{words} ({'; '.join(details)}). Trials that are missing now are run again."
                prepared.on_event(Damaged(text=text))
            if self.pace is not None:
                self.pace.start_again()
            with suppress(HoldLostError):  # else the first trial says so; what starts once is no trial's
                prepared.platform.get_ready()
            with proved(prepared.platform, self.folder):
                self._run_trials(journal)

    def _run_trials(self, journal: Journal) -> None:
        on_event = self.prepared.on_event
        self.processes = self._processes()
        on_event(self._plan())
        told = time.perf_counter()
        with closing(self._executed()) as executed:
            for trial, record, took_s in executed:
                journal.append(record)
                on_event(TrialFinished(record=record))
                self._count_time(trial, took_s)
                if time.perf_counter() - told >= TELL_EVERY_S:
                    told = time.perf_counter()
                    on_event(self._time_left())

    def _processes(self) -> int:
        """The processes to work in: as many as were asked for, or as are worth their start."""
        prepared = self.prepared
        if prepared.platform.is_real_time:
            return 1
        blocks = sum(self.blocks.values())
        if prepared.jobs is not None:
            return min(prepared.jobs, blocks)
        left = self._time_left()
        return processes_for(math.sqrt(left.low_s * left.high_s), blocks)

    def _executed(self) -> Generator[Done]:
        """Run the trials that are left, in this process or in several."""
        prepared = self.prepared
        if self.processes == 1:
            executor = Executor(self.manifest.run, prepared.items, prepared.platform, prepared.workspace)
            yield from executor.run(chain.from_iterable(self._blocks_left()))
            return
        setting = Setting(self.folder, prepared.items, prepared.workspace, prepared.allow_code)
        with Workers(self.processes, setting) as workers:
            yield from workers.run(self._blocks_left())

    def _count_time(self, trial: Trial, took_s: float) -> None:
        name = trial.case.name
        self.spent_s[name] += took_s - self._foreseen_s.pop(trial.place)
        if self.pace is not None:
            self.pace.count(name, trial.variant.name, trial.block, took_s)

    def _count(self, record: TrialRecord) -> None:
        """Count a trial of an earlier start."""
        self.done.add(record.place)
        case = self.cases.get(f"{record.scenario}/{record.profile}")
        if case is not None:
            self._taken[case.name] += 1
            self.begun[case.name, record.block] = None
            took_s = _spent_s(record, case)
            self.spent_s[case.name] += took_s
            if self.pace is not None:
                self.pace.count(
                    case.name, variant_name(record.strategy, record.factors), record.block, took_s
                )

    def _pace(self) -> Pace:
        prepared = self.prepared
        expected = {
            name: ExpectedTrials(
                case, prepared.items[case.loaded.name], prepared.platform, self.blocks[name]
            )
            for name, case in self.cases.items()
        }
        return Pace(expected, self.blocks)

    def _time_left(self) -> Estimated:
        """How much is left: of the work, or of the time that the run was given."""
        if self.pace is not None:
            left = self.pace.left()
            low_s, high_s = left.low_s / self.processes, left.high_s / self.processes
            return Estimated(low_s=low_s, high_s=high_s, done=self.pace.share_done())
        limit_s, spent_s = self.manifest.max_time_s or 0.0, sum(self.spent_s.values()) / self.processes
        left_s = max(limit_s - spent_s, 0.0)
        return Estimated(
            low_s=left_s, high_s=left_s, done=min(spent_s / limit_s, 1.0) if limit_s else 1.0
        )

    def _plan(self) -> Planned:
        planned = {name: self.blocks[name] * len(case.variants) for name, case in self.cases.items()}
        return Planned(
            run=self.folder.name,
            platform=self.manifest.platform,
            seed=self.manifest.seed,
            cases=len(self.cases),
            trials=sum(planned.values()) if self.bounded else None,
            done=len(self.done),
            left=self._time_left(),
        )

    def _blocks_left(self) -> Iterator[Sequence[Trial]]:
        """Yield the blocks that are left, each with the trials it lacks, until the time is over.

        A run that time limits ends between blocks, so that none is half done; what an earlier start
        left half done comes first. Trials that are under way count with the time that they should take.
        """
        cases = list(self.cases.values())
        if self.bounded:
            planned = rounds(cases, self.blocks)
        else:
            half_done = (self.cases[name].block(number) for name, number in self.begun)
            planned = chain(chain.from_iterable(half_done), evenly(cases, self.spent_s, UNBOUNDED))
        left: list[Trial] = []
        for trial in planned:
            if trial.place not in self.done:  # a half-done block comes once more in its turn
                left.append(trial)
            if trial.position < len(trial.case.variants) - 1 or not left:
                continue
            if left[0].position == 0 and self._time_is_up():
                break
            self._foresee(left)
            yield left
            left = []

    def _foresee(self, trials: Sequence[Trial]) -> None:
        """Count trials that begin now as done, and with the time that those of their case took."""
        case = trials[0].case.name
        self._taken[case] += len(trials)
        for trial in trials:
            self.done.add(trial.place)
            self._foreseen_s[trial.place] = foreseen_s = self.spent_s[case] / self._taken[case] or 1e-9
            self.spent_s[case] += foreseen_s

    def _time_is_up(self) -> bool:
        """Whether the run has had its time; every case gets one block first, however short that is."""
        limit_s = self.manifest.max_time_s
        spent = self.spent_s.values()
        return limit_s is not None and sum(spent) > limit_s * self.processes and all(spent)


def _spent_s(record: TrialRecord, case: Case) -> float:
    """The time that a trial of an earlier start took, with the quiet time before it."""
    cost = record.cost_us
    return (cost.stage + cost.persist + cost.verify) / 1e6 + case.quiet_s


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time write to a run."""
    try:
        with FileLock(folder / LOCK, timeout=LOCK_PATIENCE_S):
            yield
    except Timeout as error:
        raise InvalidInputError(f"{folder}: another process is working on this run") from error
