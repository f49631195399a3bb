"""Draw a run as tables for a terminal, with what each number may claim beneath it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from harness.results.read import Run
    from harness.results.summary import CellSummary, Row
    from harness.run.manifest import Manifest

CLAIMS = {
    "emulated": "Emulated: documented sharing rules of Windows on a virtual clock. It shows what a "
    "policy does against a hold, not how often a machine holds files, nor how fast Windows is.",
    "wine": "Wine: the Windows code, real handles, not Windows' own rules or times.",
    "windows": "Windows: real handles, real time.",
}


def milliseconds(value: float | None) -> str:
    """Format a time with three figures: ``0.3 ms``, ``31 ms``, ``5.11 s``; ``inf`` was not reached."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "not reached"
    if value < 1000:  # noqa: PLR2004 - a second
        return f"{value:.3g} ms"
    return f"{value / 1000:.3g} s" if value < 100_000 else f"{value / 1000:,.0f} s"  # noqa: PLR2004


def percent(share: float) -> str:
    """Format a share as a percentage, one decimal where it matters."""
    value = 100 * share
    return f"{value:.0f}" if value in {0, 100} else f"{value:.1f}"


def size(count: float) -> str:
    """Format bytes in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def run_tables(run: Run) -> Iterator[RenderableType]:
    """All tables of a run, the notes of each under it."""
    for cell in run.summary():
        yield Text()
        yield _cell_table(cell)
        yield from _cell_notes(cell, run)
    yield Text()
    yield from _run_notes(run)


def _cell_table(cell: CellSummary) -> Table:
    blocks = "1 block" if cell.blocks == 1 else f"{cell.blocks} blocks"
    where = ", ".join(cell.platforms)
    table = Table(
        title=f"[bold]{escape(cell.scenario)}[/] under [bold]{escape(cell.profile)}[/]"
        f"  ({where}, {blocks})",
        title_justify="left",
        box=None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    factors = list(cell.rows[0].factors) if cell.rows else []
    table.add_column("strategy", overflow="fold")
    for factor in factors:
        table.add_column(factor)
    table.add_column("failed", justify="right", no_wrap=True)
    table.add_column("rate, 95 % interval", justify="right", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("95th pct.", justify="right", no_wrap=True)
    table.add_column("per failure", justify="right", no_wrap=True)
    table.add_column("attempts", justify="right", no_wrap=True)
    table.add_column("failed as", overflow="fold")
    for row in cell.rows:
        colour = "green" if row.failures == 0 else "yellow" if row.failures < row.trials else "red"
        low, high = row.interval
        ended = ", ".join(
            f"{name} {count}" for name, count in sorted(row.outcomes.items()) if name != "ok"
        )
        if row.reruns:
            ended += f"; again ok {row.recovered}/{row.reruns}"
        table.add_row(
            Text(row.strategy),
            *(Text(row.factors[factor]) for factor in factors),
            Text(f"{row.failures}/{row.trials}", style=colour),
            f"{percent(row.rate)} % \\[{percent(low)}-{percent(high)}]" if row.trials else "-",
            milliseconds(row.median_ms),
            milliseconds(row.p95_ms),
            milliseconds(row.failing_ms / row.failures) if row.failures else "-",
            f"{row.attempts:.3g} (max {row.most_attempts})" if row.trials else "-",
            ended or "-",
        )
    return table


def _cell_notes(cell: CellSummary, run: Run) -> Iterator[Text]:
    entry = next(found for found in run.manifest.scenarios if found.name == cell.scenario)
    profile = entry.profiles[cell.profile]
    evidence: dict[str, list[str]] = {"measured": [], "bound": [], "assumed": []}
    for number, hold in enumerate(profile.holds, 1):
        for name in ("handle", "probability", "delay", "duration"):
            label = name if len(profile.holds) == 1 else f"{name} of hold {number}"
            evidence[getattr(hold, name).evidence].append(label)
    parts = [f"{', '.join(names)} {kind}" for kind, names in evidence.items() if names]
    if parts:
        yield Text(f"  {profile.title}: {'; '.join(parts)}.", style="dim")
    if not profile.comparable:
        yield Text(
            "  Holds end with the strategy's own failures here: do not compare strategies.", "red"
        )
    if cell.void_blocks:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in cell.void_reasons.items())
        yield Text(f"  {cell.void_blocks} blocks are void and left out: {reasons}.", style="yellow")
    errors = sum(row.harness_errors for row in cell.rows)
    if errors:
        details = sorted({trial.detail for trial in run.trials if trial.detail})
        yield Text(
            f"  {errors} trials ended as harness-error and are left out of rates, for example: "
            f"{details[0] if details else 'no detail'}",
            style="red",
        )


def _run_notes(run: Run) -> Iterator[Text]:
    for platform in sorted({trial.platform for trial in run.trials}):
        yield Text(CLAIMS[platform], style="dim")
    yield Text(
        "Median and 95th percentile are of the time to persist over all trials, failed ones counting "
        "as never; 'per failure' is the mean time spent on a trial that failed.",
        style="dim",
    )
    state = run.manifest.antivirus
    yield Text(f"Antivirus: {state.state} ({'; '.join(state.evidence)}).", style="dim")
    missing = _missing(run)
    if missing:
        yield Text(
            f"{missing} planned trials have not run yet; `harness run --resume {run.folder}` runs them.",
            style="yellow",
        )


def _missing(run: Run) -> int:
    planned = planned_trials(run.manifest)
    return 0 if planned is None else planned - len(run.trials)


def planned_trials(manifest: Manifest) -> int | None:
    """How many trials a run is planned to have; ``None`` if time limits it."""
    total = 0
    for entry in manifest.scenarios:
        if entry.blocks is None:
            return None
        factors = entry.scenario.factors.model_dump(exclude_none=True)
        arms = len(entry.strategies) * math.prod(len(values) for values in factors.values())
        total += entry.blocks * arms * len(entry.profiles)
    return total


def run_json(run: Run) -> dict[str, Any]:
    """The summary of a run as plain data, for ``harness show --json``.

    Times are in milliseconds; ``null`` where a quantile falls on a trial that failed.
    """
    return {
        "run": run.manifest.run,
        "platform": run.manifest.platform,
        "seed": run.manifest.seed,
        "antivirus": run.manifest.antivirus.model_dump(),
        "trials": len(run.trials),
        "planned_trials": planned_trials(run.manifest),
        "cells": [
            {
                "scenario": cell.scenario,
                "profile": cell.profile,
                "platforms": list(cell.platforms),
                "blocks": cell.blocks,
                "void_blocks": cell.void_blocks,
                "rows": [_row_json(row) for row in cell.rows],
            }
            for cell in run.summary()
        ],
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "strategy": row.strategy,
        "factors": row.factors,
        "trials": row.trials,
        "failures": row.failures,
        "failure_rate": _finite(row.rate),
        "failure_rate_95": list(row.interval),
        "median_ms": _finite(row.median_ms),
        "p95_ms": _finite(row.p95_ms),
        "failing_ms": row.failing_ms,
        "mean_attempts": _finite(row.attempts),
        "max_attempts": row.most_attempts,
        "outcomes": row.outcomes,
        "leftover_bytes": row.leftover_bytes,
        "reruns": row.reruns,
        "recovered": row.recovered,
        "harness_errors": row.harness_errors,
        "void": row.void,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
