"""``harness diagnose -- COMMAND``: who holds the file it was denied, and would waiting help?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, print_json, print_plain
from harness.cli.option_values import check_new, long_duration
from harness.diagnose.diagnose import Told
from harness.diagnose.diagnose import diagnose as diagnosed
from harness.diagnose.diagnosis import Diagnosis
from harness.diagnose.pack import IN_IT, NOT_IN_IT, write_pack
from harness.diagnose.page import control_sentences
from harness.errors import ExitCode
from harness.platform.held_files import held_files
from harness.text import joined, milliseconds, one_line, printable

app = command_app()

TIMED_OUT: Final = 124
"""As ``timeout`` of GNU coreutils exits."""


@app.command(context_settings={"allow_interspersed_args": False})
def diagnose(
    command: Annotated[
        list[str],
        typer.Argument(metavar="-- COMMAND", help="The command, with its arguments. It gets no shell."),
    ],
    time_limit: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="End the command after this time, such as 10min."),
    ] = None,
    watch: Annotated[
        str,
        typer.Option(metavar="TIME", help="Look for at most this long whether a held file gets free."),
    ] = "60s",
    pack: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write the evidence into a new folder, as JSON and as a page, for the vendor of the "
            "antivirus or the tracker of the tool. Names of you and this machine are taken out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a command: who holds its files, would waiting help?

    The command runs as you typed it. Only if it says that it was denied a file (error 5, 32, 33, 145)
    is anything asked: who has the file open, and how long it stays blocked. No file is changed for
    that, and nothing is sent.

    Exits with the command's own exit code; with 124 after --time-limit.
    """
    limit_s = long_duration("--time-limit", time_limit) / 1000 if time_limit is not None else None
    watch_s = long_duration("--watch", watch) / 1000
    if pack is not None:
        check_new("--pack", pack, hint="Name a new folder.")
    to = console(stderr=True)
    told = Told(
        question=lambda line: print_plain(to, f"\nThe command seems to wait for an answer: {line}"),
        watching=lambda path, left: print_plain(
            to, f"Looking at {one_line(path)}, for up to {milliseconds(left * 1000)}", style="dim"
        ),
    )
    found = diagnosed(command, held_files(), time_limit_s=limit_s, watch_s=watch_s, told=told)
    if as_json:
        print_json(found)
    else:
        _print(found, to)
    if pack is not None:
        _pack(found, pack, to)
    raise typer.Exit(_exit_code(found))


def _exit_code(found: Diagnosis) -> int:
    if found.ended == "interrupted":
        return ExitCode.INTERRUPTED
    if found.ended == "time limit":
        return TIMED_OUT
    return found.exit_code if found.exit_code >= 0 else 128 - found.exit_code


def _print(found: Diagnosis, to: Console) -> None:
    """Print the answer below the command's own output."""
    to.print()
    for number, line in enumerate(found.answers):
        to.print(Text(printable(line), "bold" if number == 0 else ""))
    for line in found.helps:
        to.print(Text(printable(line)))
    control = control_sentences(asdict(found.control)) if found.control is not None else []
    for line in (*control, *found.cautions):
        to.print(Text(f"- {printable(line)}", "dim"))


def _pack(found: Diagnosis, folder: Path, to: Console) -> None:
    written = write_pack(found, folder)
    print_plain(to, f"\nWritten: {joined([str(path) for path in written])}. Nothing was sent. In it:")
    for line in IN_IT:
        print_plain(to, f"- {line}")
    print_plain(to, "Not in it:")
    for line in NOT_IN_IT:
        print_plain(to, f"- {line}")
