"""``harness report``: make pages of runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from harness.cli.command_app import command_app
from harness.cli.console import console
from harness.errors import ExitCode
from harness.frames import lab_extra
from harness.report.execution import OnCell
from harness.text import printable

app = command_app()


@app.command()
def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN...]",
            help="Runs, or folders of runs; by default, the reference run that the project ships.",
        ),
    ] = None,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder to write; an earlier report is replaced.")
    ] = Path("report"),
    notebooks: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Notebooks to execute instead of the project's own."),
    ] = None,
) -> None:
    r"""Make a report of runs: offline HTML pages, and Markdown.

    Needs the extra: pip install "persist-harness\[lab]", and a checkout of the project or --notebooks.
    """
    with lab_extra("reports"):
        from harness.report.publish import NOTEBOOKS, publish  # noqa: PLC0415
    messages = console(stderr=True)

    def print_line(line: str) -> None:
        messages.print(printable(line), markup=False, highlight=False)

    try:
        with _progress(messages) as on_cell:
            made = publish(
                runs or [], to, on_cell=on_cell, on_step=print_line, notebooks=notebooks or NOTEBOOKS
            )
    except KeyboardInterrupt:
        messages.print("Interrupted; nothing was written.", style="yellow")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    for name, why in made.failed:
        messages.print(f"{name} is not complete: {why}", style="red", markup=False, highlight=False)
    typer.echo(made.folder / "index.html")
    raise typer.Exit(ExitCode.HARNESS_ERROR if made.failed else ExitCode.OK)


@contextmanager
def _progress(to: Console) -> Iterator[OnCell]:
    """Show a bar per notebook on a terminal, and elsewhere a line per notebook that is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=to, disable=not to.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def on_cell(name: str, done: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=of)
            bars.update(tasks[name], completed=done)
            if done == of and not to.is_terminal:
                to.print(f"{name}: {done} of {of} cells", markup=False, highlight=False)

        yield on_cell
