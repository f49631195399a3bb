"""Run trials one after another in this process: the whole run, or the part of it that a worker has."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.payload.prepare import Item
from harness.platform.base import Platform
from harness.record.trial_record import TrialRecord
from harness.run.freshness import TrialPayloads
from harness.run.plan import Trial
from harness.run.trial import TrialRun
from harness.run.workspace import Workspace


class Done(NamedTuple):
    """A trial that was run, and the seconds that it took, with the quiet time before it."""

    trial: Trial
    record: TrialRecord
    took_s: float


class Executor:
    """Runs trials of the run named `run`. `items` are those of each scenario, by its name."""

    def __init__(
        self, run: str, items: Mapping[str, Sequence[Item]], platform: Platform, workspace: Workspace
    ) -> None:
        self._run = run
        self._platform = platform
        self._workspace = workspace
        self._payloads = TrialPayloads(run, items, workspace.main / "warm-up")

    def run(self, trials: Iterable[Trial]) -> Iterator[Done]:
        """Run each of `trials` when it is asked for. Raises the errors of `harness.errors`."""
        for trial in trials:
            began = time.perf_counter()
            folder = self._workspace.for_trial(trial)
            items = self._payloads.items_of(trial)
            record = TrialRun(trial, items, self._platform, folder, run=self._run).run()
            yield Done(trial, record, time.perf_counter() - began)
