"""Print to a terminal, a log or a pipe."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def console(*, stderr: bool = False) -> Console:
    """A console of the terminal's width; 160 columns for a log, which has no width of its own."""
    from rich.console import Console  # noqa: PLC0415 - `harness --help` does without it

    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=160)


def print_json(data: Any) -> None:
    """Print plain data as JSON."""
    typer.echo(json.dumps(data, indent=1))


def print_utf8(text: str) -> None:
    """Print in the encoding of GitHub's files, whatever the code page of the machine."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(text)
