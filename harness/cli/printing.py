"""What the commands print with: consoles, and JSON for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal; a log has no width of its own."""
    from rich.console import Console  # noqa: PLC0415

    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=160)


def print_json(data: Any) -> None:
    """Print plain data or a dataclass as JSON; numbers that are not finite are ``null``."""
    plain = asdict(data) if is_dataclass(data) and not isinstance(data, type) else data
    typer.echo(json.dumps(_finite(plain), indent=1, allow_nan=False))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
