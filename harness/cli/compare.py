"""``harness compare``: what another environment does to the same strategies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_model, print_plain, print_utf8
from harness.cli.fitting_table import LEFT_OUT, FittingTable
from harness.errors import InvalidInputError
from harness.frames import lab_extra
from harness.record.artifact import opened_run
from harness.record.read import read_run
from harness.summary.columns import TextTable
from harness.summary.compare_runs import compare_runs
from harness.summary.markdown_tables import comparison_markdown
from harness.summary.run_comparison import RunComparison
from harness.summary.run_comparison_tables import DROPPED, environments, how_compared, strategies
from harness.summary.terminal_answers import answer_grid, case_title
from harness.summary.terminal_text import text_of

app = command_app()


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A run to compare with: a folder, or a .zip of CI.")],
    second: Annotated[Path, typer.Argument(help="A run of the same scenarios elsewhere.")],
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write it as one offline HTML page, too."),
    ] = None,
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a pull request or a CI job.")
    ] = False,
) -> None:
    r"""Compare two runs: antivirus on and off, or two machines.

    Says what differs between the environments, what that does to failures and times, and how sure that
    is.

    Run the same scenarios in both with the same --seed, which draws the same injected holds, and with
    --profile none beside the others: a control, in which nothing is held.

    --page needs the extra: pip install "persist-harness\[lab]".
    """
    if as_json and as_markdown:
        raise InvalidInputError("--json and --markdown cannot be used together", hint="Use one of them.")
    if page is not None:
        with lab_extra("pages"):
            from harness.report.comparison_page import write_comparison  # noqa: PLC0415
            from harness.report.one_page import check_target  # noqa: PLC0415
        check_target(page)
    with opened_run(first) as one, opened_run(second) as other:
        found = compare_runs(read_run(one), read_run(other))
        if page is not None:
            write_comparison((one, other), page)
    if as_json:
        print_model(found)
    elif as_markdown:
        print_utf8(comparison_markdown(found))
    else:
        _print(found)
    if page is not None:
        print_plain(console(stderr=True), f"In a browser: {page.absolute().as_uri()}")


def _print(found: RunComparison) -> None:
    to = console()
    to.print(Text("Second run against the first", "bold"))
    to.print(answer_grid(found.sentences))
    for phrase in found.cautions:
        to.print(Text("  " + "".join(map(text_of, phrase)), "yellow"))
    to.print()
    to.print(_table(environments(found)))
    same = found.facts - len(found.differences)
    to.print(Text(f"  {same:,} of {found.facts:,} recorded facts are the same in both.", "dim"))
    tables = [_fitting(strategies(case)) for case in found.cases]
    for case, table in zip(found.cases, tables, strict=True):
        to.print()
        to.print(case_title(case.scenario, case.profile, how_compared(case)))
        to.print(table)
    if not all(table.fits(to.width) for table in tables):
        to.print(Text(f"\n{LEFT_OUT}", "dim"))
    if found.left_out:
        to.print()
        for phrase in found.left_out:
            to.print(Text("".join(map(text_of, phrase)), "dim"))


def _table(made: TextTable) -> Table:
    table = plain_table()
    for head in made.heads:
        table.add_column(Text(text_of(head)), overflow="fold")
    for row in made.rows:
        table.add_row(*(Text(text_of(part)) for part in row))
    return table


def _fitting(made: TextTable) -> FittingTable:
    heads = [text_of(head) for head in made.heads]
    text = frozenset(head for head, left in zip(heads, made.left, strict=True) if left)
    table = FittingTable(heads, text, DROPPED)
    for row in made.rows:
        table.add_row(*(escape(text_of(part)) for part in row))
    return table
