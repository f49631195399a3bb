"""One process at work on a run: the trials that its journal does not have yet, one after another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
from harness.run.freshness import TrialPayloads
from harness.run.pace import Pace
from harness.run.plan import Case, Trial, cases_of, evenly, rounds, variant_name
from harness.run.trial import TrialRun
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
    """All that trials need. `candidates` and `items` are by the name of the scenario."""

    scenarios: Sequence[LoadedScenario]
    candidates: Mapping[str, Sequence[Candidate]]
    items: Mapping[str, Sequence[Item]]
    platform: Platform
    workspace: Workspace
    on_event: EventHandler

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
            prepared.on_event(self._plan())
            told = time.perf_counter()
            payloads = TrialPayloads(
                self.manifest.run, prepared.items, prepared.workspace.main / "warm-up"
            )
            for trial in self._trials():
                began = time.perf_counter()
                folder = prepared.workspace.for_trial(trial)
                record = TrialRun(
                    trial,
                    payloads.items_of(trial),
                    prepared.platform,
                    folder,
                    run=self.manifest.run,
                ).run()
                journal.append(record)
                self.done.add(trial.place)
                prepared.on_event(TrialFinished(record=record))
                ended = time.perf_counter()
                self.spent_s[trial.case.name] += ended - began
                if self.pace is not None:
                    self.pace.count(trial.case.name, trial.variant.name, trial.block, ended - began)
                if ended - told >= TELL_EVERY_S:
                    told = ended
                    prepared.on_event(self._time_left())

    def _count(self, record: TrialRecord) -> None:
        """Count a trial of an earlier start."""
        self.done.add(record.place)
        case = self.cases.get(f"{record.scenario}/{record.profile}")
        if case is not None:
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
            return Estimated(low_s=left.low_s, high_s=left.high_s, done=self.pace.share_done())
        limit_s, spent_s = self.manifest.max_time_s or 0.0, sum(self.spent_s.values())
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

    def _trials(self) -> Iterator[Trial]:
        """All trials that are left, until the time is over.

        A run that time limits ends between blocks, so that none is half done; what an earlier start
        left half done comes first.
        """
        cases = list(self.cases.values())
        if self.bounded:
            planned = rounds(cases, self.blocks)
        else:
            half_done = (self.cases[name].block(number) for name, number in self.begun)
            planned = chain(chain.from_iterable(half_done), evenly(cases, self.spent_s, UNBOUNDED))
        for trial in planned:
            if trial.place in self.done:  # a half-done block comes once more in its turn
                continue
            if trial.position == 0 and self._time_is_up():
                break
            yield trial

    def _time_is_up(self) -> bool:
        """Whether the run has had its time; every case gets one block first, however short that is."""
        limit_s = self.manifest.max_time_s
        spent = self.spent_s.values()
        return limit_s is not None and sum(spent) > limit_s and all(spent)


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
