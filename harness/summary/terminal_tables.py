"""Draw a run as tables for a terminal, with the notes on their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from harness.summary.ambient import ambient_notes
from harness.summary.columns import TableColumn, case_columns, extent
from harness.summary.model import CaseSummary, RunSummary
from harness.summary.notes import Note, case_notes, claims, machine_notes, run_notes
from harness.summary.terminal_answers import run_answers
from harness.summary.terminal_text import text_of
from harness.text import one_line

NARROW: Final = 20
"""Longer names of strategies are folded where space is short."""
STYLES: Final = {"remark": "dim", "caution": "yellow", "fault": "red"}


def run_tables(
    run: RunSummary, width: int, shown_as: str, remarked: Iterable[str] = ()
) -> Iterator[RenderableType]:
    """The answers of a run, then all tables, each with its notes below, for a terminal of this width.

    `shown_as` is how commands name the run's folder. Remarks on the strategies of a scenario are below
    its first table, unless it is one of `remarked`, the scenarios whose remarks were printed before.
    """
    yield from run_answers(run)
    left_out = False
    remarks_of = set(remarked)
    for case in run.cases:
        table, whole = _case_table(case, width)
        left_out |= not whole
        yield Text()
        yield table
        for note in case_notes(case, remarks=case.scenario not in remarks_of):
            yield _note(note, indent="  ")
        remarks_of.add(case.scenario)
    yield Text()
    if left_out:
        yield Text("Some columns are left out: a wider terminal shows all, and so does --json.", "dim")
    for note in (*run_notes(run, shown_as), *machine_notes(run), *claims(run.cases)):
        yield _note(note)
    if found := [note for case in run.cases for note in ambient_notes(case)]:
        yield Text()
        yield from map(_note, found)


def _note(note: Note, indent: str = "") -> Text:
    return Text(indent + "".join(map(text_of, note.phrase)), style=STYLES[note.weight])


def _case_table(case: CaseSummary, width: int) -> tuple[Table, bool]:
    """The table of a case without the columns that do not fit, and whether it has them all."""
    shown = case_columns(case)
    endless = Console(width=1000)
    count = len(shown)
    while True:
        table = _table(case, shown)
        leaving = min((column.dropped for column in shown if column.dropped), default=0)
        wide = Measurement.get(endless, endless.options, table).maximum - _foldable(case)
        if not leaving or wide <= width:
            return table, len(shown) == count
        shown = [column for column in shown if column.dropped != leaving]


def _foldable(case: CaseSummary) -> int:
    """By how many columns the names of strategies may be folded."""
    return max(0, max((len(each.strategy) for each in case.variants), default=0) - NARROW)


def _table(case: CaseSummary, shown: Sequence[TableColumn]) -> Table:
    scenario, profile = (escape(one_line(name)) for name in (case.scenario, case.profile))
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
            Text(text_of(column.head)),
            justify="left" if column.left else "right",
            no_wrap=not column.left,
            overflow="fold",
            min_width=None if table.columns else NARROW if _foldable(case) else None,
        )
    for variant in case.variants:
        table.add_row(
            *(
                Text(
                    text_of(column.fill(variant)), style=column.colour(variant) if column.colour else ""
                )
                for column in shown
            )
        )
    return table
