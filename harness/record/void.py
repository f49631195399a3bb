"""Void a run: say in its folder that its trials count nowhere, and why.

A run is void if it turns out that its platform was not what its manifest says. Nothing that was recorded
is changed: a file beside it has the reason, and whoever reads the run is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.outside_files import read_regular

NAME: Final = "void.txt"
MAX_BYTES: Final = 2000


def declare_void(folder: Path, reason: str) -> None:
    """Void the run in `folder`. A run that is void already keeps its first reason."""
    try:
        with (folder / NAME).open("xb") as file:
            file.write(reason.encode()[:MAX_BYTES])
    except FileExistsError:
        return


def refuse_void(folder: Path) -> None:
    """Raise `InvalidInputError` if the run in `folder` is void."""
    try:
        reason = read_regular(folder / NAME, MAX_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return
    raise InvalidInputError(
        f"{folder} is void, and its trials count nowhere: {reason or 'no reason is given'}",
        hint="Run it again.",
    )
