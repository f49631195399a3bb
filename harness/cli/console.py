"""Printing, as every command does it: tables, JSON, Markdown, errors."""

from __future__ import annotations

import io
import json
import math
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from typing_extensions import override

from harness.errors import HarnessError
from harness.text import printable

if TYPE_CHECKING:
    from pydantic import BaseModel

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


class _Console(Console):
    @override
    def on_broken_pipe(self) -> NoReturn:
        """Leave it to the command line, which ends quietly; rich's own way is exit code 1."""
        raise  # noqa: PLE0704 - rich calls this while it handles the BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Return a console of the terminal's width; for a file or a pipe, of 160 columns."""
    made = _Console(stderr=stderr)
    return made if made.is_terminal or "COLUMNS" in os.environ else _Console(stderr=stderr, width=160)


def plain_table(*, padding: tuple[int, int, int, int] = (0, 2, 0, 0), **options: Any) -> Table:
    """Return an empty table without lines; `options` are those of `rich.table.Table`."""
    return Table(box=None, header_style="dim", pad_edge=False, padding=padding, **options)


def print_plain(to: Console, text: str, *, style: str | None = None) -> None:
    """Print text that may hold names and paths of a user: no markup, no colours, no line breaks."""
    to.print(printable(text), style=style, markup=False, highlight=False, soft_wrap=True)


def print_json(data: Any) -> None:
    """Print plain data or a dataclass as JSON; numbers that are not finite are ``null``."""
    plain = asdict(data) if is_dataclass(data) and not isinstance(data, type) else data
    typer.echo(json.dumps(_finite(plain), indent=1, allow_nan=False))


def print_model(model: BaseModel) -> None:
    """Print a typed model as JSON with its aliases; numbers that are not finite are ``null``."""
    print_json(json.loads(model.model_dump_json(by_alias=True)))


def print_found(model: BaseModel, page: Iterable[RenderableType], *, as_json: bool) -> None:
    """Print a typed model as JSON, or else the parts of its page."""
    if as_json:
        print_model(model)
        return
    out = console()
    for part in page:
        out.print(part)


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def print_utf8(text: str) -> None:
    """Print in UTF-8, whatever the code page of the machine."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(text)


def print_line(line: str) -> None:
    """Print one line in UTF-8 for another program, at once."""
    print_utf8(line + "\n")
    sys.stdout.flush()


def print_error(error: HarnessError) -> None:
    """Print an error and what to do about it, to standard error."""
    to = console(stderr=True)
    to.print("error:", style="bold red", end=" ")
    print_plain(to, error.message)
    if error.hint:
        print_plain(to, error.hint, style="cyan")


def print_warning(text: str) -> None:
    """Print a warning to standard error."""
    to = console(stderr=True)
    to.print("warning:", style="yellow", end=" ")
    print_plain(to, text)
