"""``harness show``: print the summary of a run as tables, Markdown or JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, print_model, print_utf8
from harness.errors import ExitCode, InvalidInputError
from harness.record.artifact import opened_run
from harness.record.read import Run, read_run
from harness.summary.markdown_tables import run_markdown
from harness.summary.summarise import summarise
from harness.summary.terminal_answers import short_answer
from harness.summary.terminal_tables import run_tables

app = command_app()


@app.command()
def show(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN", help="A folder in results/, or an artifact (.zip)."),
    ],
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool,
        typer.Option(
            "--markdown", help="Print Markdown, for a pull request or the summary of a CI job."
        ),
    ] = False,
) -> None:
    """Print the answers and tables of a run."""
    if as_json and as_markdown:
        raise InvalidInputError("--json and --markdown cannot be used together", hint="Use one of them.")
    run, *others = runs
    if others:
        raise InvalidInputError(
            f"one run is shown at a time, and {len(runs)} are named",
            hint="For several together: `harness report RUN RUN` makes pages, `harness export` data.",
        )
    with opened_run(run) as folder:
        found = read_run(folder)
    if as_json:
        print_model(summarise(found))
    elif as_markdown:
        # the name of the folder alone: its place on this machine is private
        print_utf8(run_markdown(summarise(found), found.folder.name))
    else:
        raise typer.Exit(print_run(found, console(), shown_as=str(run)))


def print_run(
    run: Run,
    to: Console,
    *,
    shown_as: str,
    repeat_answer: bool = False,
    remarked: Iterable[str] = (),
) -> ExitCode:
    """Print the answers and tables of a run; return ``HARNESS_ERROR`` if a trial ended as one.

    `shown_as` is how commands name it. `repeat_answer`: once more at the end, below tables that fill
    more than a screen. `remarked`: the scenarios whose remarks were printed before the run.
    """
    summary = summarise(run)
    for part in run_tables(summary, to.width, shown_as, remarked):
        to.print(part)
    if repeat_answer:
        to.print()
        for sentence in short_answer(summary):
            to.print(sentence)
    failed = any(trial.outcome == "harness-error" for trial in run.trials)
    return ExitCode.HARNESS_ERROR if failed else ExitCode.OK
