"""A run as a whole: its manifest and its trials, read back from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.record.journal import NAME, Lines, read_journal
from harness.record.manifest import Manifest, ScenarioEntry, read_manifest
from harness.record.trial_record import TrialRecord


@dataclass(frozen=True)
class Run:
    """One folder of ``results/``, read; `torn`: the last line of its journal is cut off."""

    folder: Path
    manifest: Manifest
    trials: list[TrialRecord]
    torn: bool = False

    def entry(self, scenario: str) -> ScenarioEntry | None:
        """What the manifest says of a scenario; ``None`` if it does not know it."""
        return next((entry for entry in self.manifest.scenarios if entry.name == scenario), None)


def read_run(folder: Path | str) -> Run:
    """Read a run. Raises `harness.errors.InvalidInputError` if it is none, or damaged."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    lines = Lines(folder / NAME)
    trials = list(read_journal(lines))
    return Run(folder, manifest, trials, lines.torn)
