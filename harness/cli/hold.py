"""``harness hold``: hold files for a test in any language, which starts this as a child."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.command_app import command_app
from harness.cli.console import print_line
from harness.cli.option_values import long_duration
from harness.errors import InvalidInputError
from harness.holds.handles import AccessName, ShareName
from harness.platform.parent_process import ParentProcess

app = command_app()


@app.command()
def hold(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders to hold.")],
    for_: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="TIME", help="Release after this time, such as 500ms, 5s or 10min."
        ),
    ] = None,
    share: Annotated[
        ShareName,
        typer.Option(help="What others may do meanwhile: read, write, delete (and rename)."),
    ] = "r",
    access: Annotated[
        AccessName,
        typer.Option(help="What the files are open for."),
    ] = "read",
) -> None:
    """Hold files until told otherwise, as a child of any test.

    Prints READY, then HELD for each file, and RELEASED when it is released,
    each followed by JSON. Ends when the time is over, when standard input
    ends or says "release", and when the process that started it is gone.

    On Windows and under Wine the files are really open. On Linux, programs
    that are started with the "environment" of READY refuse their own calls.
    """
    parent = ParentProcess()
    from harness.serve.served_holds import leave, serve, served_holds  # noqa: PLC0415 - the parent first
    from harness.testing.plain_hold import plain_hold  # noqa: PLC0415

    for_ms = None if for_ is None else long_duration("--for", for_)
    absent = [str(path) for path in paths if not os.path.lexists(path)]
    if absent:
        raise InvalidInputError(f"{absent[0]} is not there", hint="Make it before it is held.")
    with served_holds(print_line) as served:
        for path in paths:
            served.take(plain_hold(path, for_ms, share, access))
        code = serve(served, parent, None, lambda: not served.are_over)
    leave(code)
