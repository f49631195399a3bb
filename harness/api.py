"""Run scenarios and read the result in one call: for Python, what ``harness run`` is for the shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.begin import begin
from harness.record.read import Run, read_run
from harness.run.runner import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.scenario.load import LoadedScenario


def run_scenarios(
    scenarios: Sequence[LoadedScenario],
    *,
    blocks: int | None = None,
    max_time_s: float | None = None,
    seed: int = 1,
    strategies: Sequence[str] = (),
    platform: str | None = None,
    profiles: Sequence[str] = (),
    factors: Mapping[str, Sequence[str]] | None = None,
    long_holds: bool = False,
    allow_code: bool = False,
    results: Path | str = "results",
) -> Run:
    """Run scenarios and read the result; see `harness.run.runner.Request` for the arguments.

    Raises the errors of `harness.errors`.
    """
    request = Request(
        scenarios=scenarios,
        platform=platform,
        profiles=profiles,
        factors=factors or {},
        long_holds=long_holds,
        blocks=blocks,
        max_time_s=max_time_s,
        seed=seed,
        strategies=strategies,
        allow_code=allow_code,
        results=Path(results),
    )
    return read_run(begin(request))
