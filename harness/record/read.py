"""A run as a whole: its manifest and its trials, read back from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.record.journal import NAME, read_journal
from harness.record.manifest import Manifest, read_manifest
from harness.summary.summarise import CaseSummary, summarise

if TYPE_CHECKING:
    from harness.record.manifest import ScenarioEntry
    from harness.record.trial_record import TrialRecord


@dataclass(frozen=True)
class Run:
    """One folder of ``results/``, read."""

    folder: Path
    manifest: Manifest
    trials: list[TrialRecord]

    def entry(self, scenario: str) -> ScenarioEntry | None:
        """What the manifest says of a scenario; ``None`` if it does not know it."""
        return next((entry for entry in self.manifest.scenarios if entry.name == scenario), None)

    def summary(self) -> list[CaseSummary]:
        """One summary a scenario and profile, variants in the order of the scenario."""
        return self._summary

    @cached_property
    def _summary(self) -> list[CaseSummary]:
        order = {
            scenario.name: [strategy.label for strategy in scenario.strategies]
            for scenario in self.manifest.scenarios
        }
        return summarise(self.trials, order)


def read_run(folder: Path | str) -> Run:
    """Read a run. Raises `harness.errors.InvalidInputError` if it is none, or damaged."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    journal = folder / NAME
    return Run(folder, manifest, list(read_journal(journal)) if journal.exists() else [])
