"""``harness report``: make pages of runs."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
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
from harness.cli.console import console, print_plain
from harness.errors import ExitCode, InvalidInputError
from harness.frames import lab_extra
from harness.record.artifact import opened_runs
from harness.report.execution import OnCell

app = command_app()


@app.command()
def report(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN...]",
            help="Runs, folders of runs, or artifacts of CI (.zip); by default, the newest run in "
            "results/.",
        ),
    ] = None,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder to write; an earlier report is replaced.")
    ] = Path("report"),
    notebooks: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Notebooks to execute instead of the project's own."),
    ] = None,
    lab: Annotated[
        bool,
        typer.Option(
            "--lab", help="Open the notebooks on the runs in JupyterLab, instead of making pages."
        ),
    ] = False,
    browse: Annotated[
        bool | None,
        typer.Option(
            "--open/--no-open",
            help="Open a browser on it; by default on a terminal of a desktop.",
            show_default=False,
        ),
    ] = None,
) -> None:
    r"""Make a report of runs: offline HTML pages, and Markdown.

    Needs the extra: pip install "persist-harness\[lab]", and a checkout of the project or --notebooks.
    """
    with lab_extra("reports"):
        from harness.report.lab import open_lab, working_copies  # noqa: PLC0415
        from harness.report.publish import NOTEBOOKS, publish  # noqa: PLC0415
    messages = console(stderr=True)

    def print_line(line: str) -> None:
        print_plain(messages, line)

    if lab:
        if packed := next((run for run in runs or [] if not run.is_dir()), None):
            raise InvalidInputError(
                f"{packed} is not a folder, and the notebooks of --lab keep the places of their runs",
                hint="Unpack it, and name the folder of a run.",
            )
        chosen = _chosen(runs or [], print_line)
        notebook = working_copies(chosen, notebooks or NOTEBOOKS, Path("lab"))
        print_line(f"JupyterLab with {notebook}; Ctrl-C ends it.")
        raise typer.Exit(open_lab(notebook, browse=_has_reader() if browse is None else browse))
    try:
        with opened_runs(runs or []) as folders, _progress(messages) as on_cell:
            chosen = _chosen(folders, print_line)
            made = publish(
                chosen, to, on_cell=on_cell, on_step=print_line, notebooks=notebooks or NOTEBOOKS
            )
    except KeyboardInterrupt:
        messages.print("Interrupted; nothing was written.", style="yellow")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    for name, why in made.failed:
        messages.print(f"{name} is not complete: {why}", style="red", markup=False, highlight=False)
    index = made.folder / "index.html"
    typer.echo(index)
    if _has_reader() if browse is None else browse:
        webbrowser.open(index.absolute().as_uri())
    else:
        print_line(f"In a browser: {index.absolute().as_uri()}")
    raise typer.Exit(ExitCode.HARNESS_ERROR if made.failed else ExitCode.OK)


def _chosen(runs: Sequence[Path], print_line: Callable[[str], None]) -> list[Path]:
    """Return the runs that were named, or the newest one, and say which that is."""
    from harness.report.chosen_runs import chosen_runs  # noqa: PLC0415 - of the lab extra

    chosen = chosen_runs(runs)
    if not runs:
        print_line(f"The newest run: {chosen[0]}")
    return chosen


def _has_reader() -> bool:
    """Whether somebody sits before a browser: a terminal, on a desktop, and not of another machine."""
    if not sys.stdout.isatty() or {"CI", "SSH_CONNECTION"} & os.environ.keys():
        return False
    return sys.platform in {"win32", "darwin"} or bool(
        {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    )


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
