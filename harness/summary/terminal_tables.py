"""Draw a run as tables for a terminal, with what each number may claim beneath it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from harness.summary.ambient import findings
from harness.summary.columns import columns
from harness.summary.notes import (
    antivirus,
    case_notes,
    claims,
    extent,
    missing_trials,
    planned_trials,
)
from harness.summary.phrase import Command
from harness.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.record.read import Run
    from harness.summary.columns import Column
    from harness.summary.notes import Note
    from harness.summary.phrase import Part
    from harness.summary.summarise import CaseSummary, Row

STYLES = {"remark": "dim", "caution": "yellow", "fault": "red"}


def run_tables(run: Run, width: int) -> Iterator[RenderableType]:
    """All tables of a run, the notes of each under it, for a terminal of this width."""
    left_out = False
    for case in run.summary():
        table, whole = _case_table(case, width)
        left_out |= not whole
        yield Text()
        yield table
        for note in case_notes(case, run):
            yield _note(note, indent="  ")
    yield Text()
    if left_out:
        yield Text("Some columns are left out: a wider terminal shows all, and so does --json.", "dim")
    for note in (*claims(run), antivirus(run), *missing_trials(run, shown_as=str(run.folder))):
        yield _note(note)
    if found := list(findings(run)):
        yield Text()
        for note in found:
            yield _note(note)


def _note(note: Note, indent: str = "") -> Text:
    return Text(indent + "".join(map(_plain, note.phrase)), style=STYLES[note.weight])


def _plain(part: Part) -> str:
    if isinstance(part, str):
        return part
    text = _one_line(part.text)
    return f"`{text}`" if isinstance(part, Command) else text


def _one_line(text: str) -> str:
    """Text from the run, which must not pass for a line of ours."""
    return printable(text).replace("\n", " ")


def _case_table(case: CaseSummary, width: int) -> tuple[Table, bool]:
    """The table of a case without the columns that do not fit, and whether it has them all."""
    shown = columns(case)
    endless = Console(width=1000)
    count = len(shown)
    while True:
        table = _table(case, shown)
        leaving = min((column.goes for column in shown if column.goes), default=0)
        if not leaving or Measurement.get(endless, endless.options, table).maximum <= width:
            return table, len(shown) == count
        shown = [column for column in shown if column.goes != leaving]


def _table(case: CaseSummary, shown: Sequence[Column]) -> Table:
    scenario, profile = (escape(_one_line(name)) for name in (case.scenario, case.profile))
    table = Table(
        title=f"[bold]{scenario}[/] under [bold]{profile}[/]  ({extent(case)})",
        title_justify="left",
        box=None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in shown:
        table.add_column(
            Text(_plain(column.head)),
            justify="left" if column.left else "right",
            no_wrap=not column.left,
            overflow="fold",
        )
    for row in case.rows:
        table.add_row(
            *(
                Text(_plain(column.fill(row)), style=column.colour(row) if column.colour else "")
                for column in shown
            )
        )
    return table


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
        "cases": [
            {
                "scenario": case.scenario,
                "profile": case.profile,
                "platforms": list(case.platforms),
                "blocks": case.blocks,
                "void_blocks": case.void_blocks,
                "rows": [_row_json(row) for row in case.rows],
            }
            for case in run.summary()
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
        "mean_calls": _finite(row.calls),
        "outcomes": row.outcomes,
        "leftover_files": row.leftover_files,
        "leftover_bytes": row.leftover_bytes,
        "reruns": row.reruns,
        "recovered": row.recovered,
        "harness_errors": row.harness_errors,
        "void": row.void,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
