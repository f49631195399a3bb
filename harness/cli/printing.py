"""Print to the terminal, or JSON: what the commands share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def console(*, stderr: bool = False) -> Console:
    """The terminal; a log, which has no width of its own, is 160 characters wide."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and not needed for --help

    terminal = Console(stderr=stderr)
    return terminal if terminal.is_terminal else Console(stderr=stderr, width=160)


def plain_table(**options: Any) -> Table:
    """A table without lines."""
    from rich.table import Table  # noqa: PLC0415

    return Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0), **options)


def print_json(data: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(data, indent=1))
