"""``harness watch``: hold the files that come into a folder, as a profile draws it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.command_app import command_app
from harness.cli.console import print_line
from harness.cli.option_values import long_duration
from harness.errors import InvalidInputError
from harness.platform.parent_process import ParentProcess
from harness.scenario.bounds import SEEDS

app = command_app()


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder in which files come.")],
    profile: Annotated[
        str, typer.Option(metavar="NAME", help="Hold profile (or .toml file) to draw from.")
    ],
    pattern: Annotated[
        str,
        typer.Option(
            metavar="GLOB", help="Only files whose name matches, such as *.dll; with a /, whose path."
        ),
    ] = "*",
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=SEEDS - 1, help="Seed of the draws; READY names it."),
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TIME", help="End after this time, such as 5s or 10min."),
    ] = None,
) -> None:
    """Hold each file that comes into a folder, as a profile says.

    Prints lines and ends as `harness hold` does. Files that are there already
    are left alone. It looks every 20 ms, so a file that is written and
    renamed at once may be gone before it is held: where that matters, hold
    names that are known, or test with `harness.testing`.
    """
    parent = ParentProcess()
    from harness.serve.served_holds import leave, serve, served_holds  # noqa: PLC0415 - the parent first
    from harness.serve.watched_folder import WatchedFolder  # noqa: PLC0415

    for_s = None if for_ is None else long_duration("--for", for_) / 1000
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder", hint="Make it before it is watched.")
    watched = WatchedFolder.of(folder.absolute(), profile, pattern, seed)
    with served_holds(print_line, {"seed": watched.seed, "profile": profile}) as served:
        code = serve(served, parent, for_s, lambda: watched.hold_new(served))
    leave(code)
