"""A run as a whole: its manifest and its trials, read back from its folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from harness.record.damage import Damage
from harness.record.journal_reader import RECORDS, JournalReader
from harness.record.manifest import Manifest, ScenarioEntry, read_manifest
from harness.record.trial_record import TrialRecord


@dataclass(frozen=True)
class Run:
    """One folder of ``results/``, read; `torn`: the last line of its journal is cut off.

    `damage` are the lines of its journal that are left out, `manifest.integrity` says whether the
    manifest is as it was written.
    """

    folder: Path
    manifest: Manifest
    trials: list[TrialRecord]
    torn: bool = False
    damage: Damage = field(default_factory=Damage)

    def entry(self, scenario: str) -> ScenarioEntry | None:
        """What the manifest says of a scenario; ``None`` if it does not know it."""
        return next((entry for entry in self.manifest.scenarios if entry.name == scenario), None)


def read_run(folder: Path | str) -> Run:
    """Read a run, without the lines of its journal that are damaged.

    Raises `harness.errors.InvalidInputError` if it is none.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    reader = JournalReader(folder, manifest, RECORDS)
    trials = [trial for _, trial in reader]
    return Run(folder, manifest, trials, reader.torn, reader.damage)
