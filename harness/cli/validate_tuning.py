"""``harness tune --validate``: run what is recommended, and hold predictions against trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console, RenderableType
from rich.text import Text

from harness import api
from harness.cli.console import print_plain
from harness.cli.fitting_table import FittingTable
from harness.cli.progress import RunProgress
from harness.errors import InvalidInputError
from harness.frames import load
from harness.record.manifest import read_manifest
from harness.run.options import RunOptions
from harness.scenario.load import load_profile_file, load_scenario
from harness.scenario.model import Factors
from harness.text import counted, milliseconds, percent

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario
    from harness.tune.question import Limits
    from harness.tune.sources import Source
    from harness.tune.tuning import Tuning
    from harness.tune.validation import Validated

FOR_SHAPE: Final = {"file": "script-replace", "directory": "sdist-cache:generated"}
"""The scenarios that a profile is tried in, by target shape; both need no network."""


@dataclass(frozen=True)
class Trials:
    """Where and how often to run."""

    platform: str | None
    blocks: int
    seed: int | None
    """Of the draws; ``None`` takes a fresh one."""
    results: Path


def scenario_of_profile(source: Source, profile: str, scenario: str | None) -> LoadedScenario:
    """Return the scenario that a profile is tried in, under that profile alone."""
    name = scenario or FOR_SHAPE[source.cases[-1].shape.name]
    loaded = load_scenario(name)
    found = load_profile_file(profile)
    return replace(
        loaded.changed(profiles=[found.name], factors=Factors()), profiles={found.name: found.profile}
    )


def scenario_of_runs(runs: Sequence[Path], scenario: str, profile: str) -> LoadedScenario:
    """Return the scenario of runs as it ran, under one of its profiles."""
    for run in runs:
        for entry in read_manifest(run).scenarios:
            if entry.name == scenario and profile in entry.profiles:
                loaded = entry.loaded()
                one = {profile: entry.profiles[profile]}
                return replace(loaded.changed(profiles=[profile], factors=Factors()), profiles=one)
    raise InvalidInputError(
        f"no run has {scenario} under {profile}", hint="Name folders in results/, not exports."
    )


def validate(
    loaded: LoadedScenario, found: Tuning, source: Source, trials: Trials, to: Console
) -> Iterator[RenderableType]:
    """Run the recommendation, its neighbours and today's strategies; yield what that shows."""
    from harness.analysis.selection import select  # noqa: PLC0415 - brings pandas
    from harness.tune.recorded_holds import recorded_call  # noqa: PLC0415
    from harness.tune.validation import LEAST_P, lateness_ms, to_validate, validated  # noqa: PLC0415

    roles = to_validate(found)
    options = RunOptions(
        strategies=list(roles),
        blocks=trials.blocks,
        seed=trials.seed,
        platform=trials.platform,
        results=trials.results,
        long_holds=True,
    )
    progress = RunProgress(to)
    with progress.bar:
        folder = api.launch([loaded], options, progress)
    case = select(load(folder))
    call = recorded_call(case)
    limits: Limits = replace(found.limits, call_ms=call.ms)
    rows = list(validated(case, source, limits, roles))
    print_plain(to, "")
    yield from _page(rows, str(case.key["platform"]))
    late = milliseconds(float(lateness_ms(case).mean()))
    yield Text(
        "predicted, observed: operations that fail. wait: over all operations, ± three standard errors. "
        f"Outside: p below {LEAST_P}, or a wait beyond that. A call took {milliseconds(call.ms)} "
        f"({call.evidence}). First attempts came {late} after the beginning of their holds (mean): so "
        "do those that are predicted.",
        style="dim",
    )
    yield Text(f"Run: {folder}")


def _page(rows: Sequence[Validated], platform: str) -> Iterator[RenderableType]:
    off = [each.strategy for each in rows if not each.agrees]
    number = counted(len(rows), "strategy")
    if off:
        yield Text(
            f"Predictions against trials: {len(off)} of {number} are outside their intervals.",
            style="bold red",
        )
    else:
        yield Text(
            f"Predictions against trials: all of {number} are within their intervals.",
            style="bold green",
        )
    if platform == "emulated":
        yield Text("Emulated: this proves the arithmetic, and nothing about Windows.", style="dim")
    table = FittingTable(
        ("strategy", "role", "predicted", "observed", "p", "wait predicted", "wait observed", ""),
        frozenset({"strategy", "role", ""}),
        ("role", "p"),
    )
    for each in rows:
        table.add_row(
            each.strategy,
            each.role,
            f"{percent(each.predicted_failure)} %",
            f"{each.failed} of {each.operations}",
            f"{each.p:.2g}",
            milliseconds(each.predicted_wait_ms),
            f"{milliseconds(each.wait_ms)} ± {milliseconds(each.wait_error_ms, 'up')}",
            "" if each.agrees else "outside",
            style="" if each.agrees else "red",
        )
    yield table
