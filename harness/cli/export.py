"""``harness export``: write runs for other tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import Progress

from harness.cli.command_app import command_app
from harness.cli.console import console
from harness.frames import export as write
from harness.frames import load
from harness.record.artifact import opened_runs
from harness.text import printable

app = command_app()


@app.command()
def export(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="Folders in results/, artifacts (.zip), or Parquet exports."
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="A folder, for one file per table (parquet, csv), or a file (pytest-benchmark).",
        ),
    ],
    format_: Annotated[
        Literal["parquet", "csv", "pytest-benchmark"],
        typer.Option(
            "--format",
            help="parquet for `harness.frames.load` and other tools; csv for spreadsheets; "
            "pytest-benchmark for `pytest-benchmark compare`, with the times of trials that succeeded.",
        ),
    ] = "parquet",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    r"""Write trials, operations, attempts and holds for other tools.

    Needs the extra: pip install "persist-harness\[lab]". `harness.frames.definition.TABLES` has the
    columns and their units.
    """
    with (
        opened_runs(runs) as folders,
        Progress(console=console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar,
    ):
        reading, writing = bar.add_task("Loading", total=1), bar.add_task("Writing", total=6)
        messages = write(
            lambda: load(folders, progress=lambda share: bar.update(reading, completed=share)),
            *(to, format_),
            overwrite=overwrite,
            on_written=lambda _: bar.advance(writing),
        )
    for message in messages:
        typer.echo(printable(message))
    typer.echo(f"Written: {to}")
