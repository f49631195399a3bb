"""A run as a whole: its manifest and its trials, read back from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.results.summary import CellSummary, summarise
from harness.run.journal import NAME, read_journal
from harness.run.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.run.record import TrialRecord
    from harness.scenario.load import LoadedScenario


@dataclass(frozen=True)
class Run:
    """One folder of ``results/``, read."""

    folder: Path
    manifest: Manifest
    trials: list[TrialRecord]

    def summary(self) -> list[CellSummary]:
        """One summary a scenario and profile, arms in the order of the scenario."""
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


def run_scenarios(
    scenarios: Sequence[LoadedScenario],
    *,
    blocks: int | None = None,
    max_time_s: float | None = None,
    seed: int = 1,
    strategies: Sequence[str] = (),
    platform: str = "emulated",
    allow_code: bool = False,
    results: Path | str = "results",
) -> Run:
    """Run scenarios and read the result; see `harness.run.runner.Request` for the arguments.

    Raises the errors of `harness.errors`.
    """
    from harness.run.runner import Request, start  # noqa: PLC0415 - reading a run needs no runner

    request = Request(
        scenarios=scenarios,
        platform=platform,
        blocks=blocks,
        max_time_s=max_time_s,
        seed=seed,
        strategies=strategies,
        allow_code=allow_code,
        results=Path(results),
    )
    return read_run(start(request))
