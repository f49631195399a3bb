"""Draw a run as tables for a terminal, with what each number may claim beneath it."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from harness.text import milliseconds, percent, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


def run_tables(run: Run, width: int) -> Iterator[RenderableType]:
    """All tables of a run, the notes of each under it, for a terminal of this width."""
    left_out = False
    for cell in run.summary():
        table, whole = _cell_table(cell, width)
        left_out |= not whole
        yield Text()
        yield table
        yield from _cell_notes(cell, run)
    yield Text()
    if left_out:
        yield Text("Some columns are left out: a wider terminal shows all, and so does --json.", "dim")
    yield from _run_notes(run)


@dataclass(frozen=True)
class _Column:
    """One column: its head, how a row fills it, and when it goes if space is short (0: never)."""

    head: str
    cell: Callable[[Row], Text]
    goes: int = 0
    left: bool = False


def _columns(factors: Sequence[str]) -> list[_Column]:
    return [
        _Column("strategy", lambda row: Text(printable(row.strategy)), left=True),
        *map(_factor_column, factors),
        _Column("failed", _failed),
        _Column("% [95 % CI]", _rate),
        _Column("median", lambda row: Text(milliseconds(row.median_ms))),
        _Column("95th pct.", lambda row: Text(milliseconds(row.p95_ms)), goes=3),
        _Column("failing", _failing),
        _Column("attempts", _attempts, goes=2),
        _Column("failed as", _ended, goes=1, left=True),
    ]


def _factor_column(factor: str) -> _Column:
    return _Column(factor, lambda row: Text(printable(row.factors.get(factor, "?"))), left=True)


def _failed(row: Row) -> Text:
    colour = "green" if row.failures == 0 else "yellow" if row.failures < row.trials else "red"
    return Text(f"{row.failures}/{row.trials}", style=colour)


def _rate(row: Row) -> Text:
    low, high = row.interval
    return Text(f"{percent(row.rate)} [{percent(low)}-{percent(high)}]" if row.trials else "-")


def _failing(row: Row) -> Text:
    return Text(milliseconds(row.failing_ms / row.failures) if row.failures else "-")


def _attempts(row: Row) -> Text:
    return Text(f"{row.attempts:.3g} max {row.most_attempts}" if row.trials else "-")


def _ended(row: Row) -> Text:
    ended = ", ".join(f"{name} {count}" for name, count in sorted(row.outcomes.items()) if name != "ok")
    if row.reruns:
        ended += f"; again ok {row.recovered}/{row.reruns}"
    return Text(ended or "-")


def _cell_table(cell: CellSummary, width: int) -> tuple[Table, bool]:
    """The table of a cell without the columns that do not fit, and whether it has them all."""
    columns = _columns(list(cell.rows[0].factors) if cell.rows else [])
    endless = Console(width=1000)
    count = len(columns)
    while True:
        table = _table(cell, columns)
        leaving = min((column.goes for column in columns if column.goes), default=0)
        if not leaving or Measurement.get(endless, endless.options, table).maximum <= width:
            return table, len(columns) == count
        columns = [column for column in columns if column.goes != leaving]


def _table(cell: CellSummary, columns: Sequence[_Column]) -> Table:
    blocks = "1 block" if cell.blocks == 1 else f"{cell.blocks:,} blocks"
    scenario, profile = (escape(printable(name)) for name in (cell.scenario, cell.profile))
    table = Table(
        title=f"[bold]{scenario}[/] under [bold]{profile}[/]  ({', '.join(cell.platforms)}, {blocks})",
        title_justify="left",
        box=None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in columns:
        table.add_column(
            Text(printable(column.head)),
            justify="left" if column.left else "right",
            no_wrap=not column.left,
            overflow="fold",
        )
    for row in cell.rows:
        table.add_row(*(column.cell(row) for column in columns))
    return table


def _cell_notes(cell: CellSummary, run: Run) -> Iterator[Text]:
    entry = next((found for found in run.manifest.scenarios if found.name == cell.scenario), None)
    if entry is None or cell.profile not in entry.profiles:
        yield Text("  The manifest does not know this scenario or profile.", style="red")
        return
    profile = entry.profiles[cell.profile]
    evidence: dict[str, list[str]] = {"measured": [], "bound": [], "assumed": []}
    for number, hold in enumerate(profile.holds, 1):
        for name in ("handle", "probability", "delay", "duration"):
            label = name if len(profile.holds) == 1 else f"{name} of hold {number}"
            evidence[getattr(hold, name).evidence].append(label)
    parts = [f"{', '.join(names)} {kind}" for kind, names in evidence.items() if names]
    if parts:
        yield Text(f"  {printable(profile.title)}: {'; '.join(parts)}.", style="dim")
    if profile.holds and cell.blocks_without_holds:
        yield Text(
            f"  No hold met an operation in {cell.blocks_without_holds} of {cell.blocks} blocks: "
            "there, every strategy succeeds at once.",
            style="yellow",
        )
    if not profile.comparable:
        yield Text(
            "  Holds end with the strategy's own failures here: do not compare strategies.", "red"
        )
    if cell.void_blocks:
        reasons = ", ".join(
            f"{printable(reason)} ({count})" for reason, count in cell.void_reasons.items()
        )
        yield Text(f"  {cell.void_blocks} blocks are void and left out: {reasons}.", style="yellow")
    errors = sum(row.harness_errors for row in cell.rows)
    if errors:
        details = sorted({trial.detail for trial in run.trials if trial.detail})
        yield Text(
            f"  {errors} trials ended as harness-error and are left out of rates, for example: "
            f"{printable(details[0]) if details else 'no detail'}",
            style="red",
        )


def _run_notes(run: Run) -> Iterator[Text]:
    for platform in sorted({trial.platform for trial in run.trials}):
        yield Text(CLAIMS[platform], style="dim")
    yield Text(
        "Median and 95th percentile are of the time to persist over all trials, failed ones counting "
        "as never; 'failing' is the mean time spent on a trial that failed.",
        style="dim",
    )
    state = run.manifest.antivirus
    evidence = printable("; ".join(state.evidence))
    yield Text(f"Antivirus: {state.state} ({evidence}).", style="dim")
    missing = _missing(run)
    if missing:
        yield Text(
            f"{missing:,} planned trials have not run yet; "
            f"`harness run --resume {shlex.quote(str(run.folder))}` runs them.",
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
