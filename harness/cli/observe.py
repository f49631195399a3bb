"""``harness observe``: what this machine's scanner, and tools that waited for it, have written down."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json, print_plain
from harness.cli.option_values import check_new
from harness.errors import InvalidInputError
from harness.observe.answers import NOTHING, conclude
from harness.observe.hold_table import SCANS, HoldTable
from harness.observe.observed import Observed
from harness.observe.reading import Findings, read_logs
from harness.text import joined, milliseconds, one_line, size

app = command_app()

_PATTERNS = ("MPLog-*.log", "MPScanSkip-*.log")
_SHOWN = 8
"""Programs in the table."""


@app.command()
def observe(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(
            show_default=False,
            help="Logs of Defender (MPLog-*, MPScanSkip-*), its performance report as JSON or CSV, or "
            "logs of uv and MSBuild in CI. On Windows, by default: the logs of this machine's Defender.",
        ),
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Count only scans of files that this program opened: uv.exe."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Show, then write the times for `harness tune FILE`: a new .csv file of at most 10 kB, "
            "of numbers only.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read what this machine's scanner has already written down.

    Says how long scans took and files were blocked, and what that means for retries. Nothing is sent,
    and no name of a person, folder or file is shown or written; of programs only well-known ones are
    named.
    """
    paths = logs or _own_logs()
    if to is not None:
        _check_target(to)
    sizes = [_size(path) for path in paths]
    with _progress(sum(sizes)) as progress:
        task = progress.add_task("Reading", total=sum(sizes))
        found = read_logs(paths, program, lambda count: progress.update(task, advance=count))
    observed = conclude(found, len(paths), sum(sizes))
    if not found.table.total and not found.skipped:
        raise InvalidInputError(_nothing(program, observed), hint=_KNOWN)
    if as_json:
        print_json(observed)
    else:
        _print(observed, console())
    if to is not None:
        _write(found, to)


_KNOWN = (
    "Known are Defender's MPLog-*.log and MPScanSkip-*.log, what Get-MpPerformanceReport -Raw gives as "
    "JSON or CSV, and lines of uv (-v shows them) and MSBuild that say that they retry."
)


def _nothing(program: str | None, observed: Observed) -> str:
    of = f" for {one_line(program)!r}" if program is not None else ""
    return ". ".join([f"{NOTHING}{of}", *(line.rstrip(".") for line in observed.left_out)])


def _own_logs() -> list[Path]:
    """The logs of this machine's Defender. Raises `InvalidInputError` where there are none."""
    if sys.platform != "win32":
        raise InvalidInputError("which logs? This machine has no Defender", hint="Name files.")
    folder = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"), "Microsoft", "Windows Defender")
    found = sorted(path for pattern in _PATTERNS for path in (folder / "Support").glob(pattern))
    if not found:
        raise InvalidInputError(
            f"no logs of Defender can be seen in {folder / 'Support'}",
            hint="That folder is open to administrators: run harness in an elevated terminal, or name "
            "copies of the logs.",
        )
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error


def _progress(total: int) -> Progress:
    """A progress bar on a terminal, for what takes more than a moment."""
    to = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    small = total < 50_000_000  # noqa: PLR2004 - half a second
    return Progress(*columns, console=to, transient=True, disable=small or not to.is_terminal)


def _print(observed: Observed, to: Console) -> None:
    for number, line in enumerate(observed.answers):
        to.print(Text(line, "bold" if number == 0 else ""))
    if observed.programs:
        to.print()
        table = plain_table()
        table.add_column("files opened by")
        for head in ("scans", "mean", "longest"):
            table.add_column(head, justify="right")
        for each in observed.programs[:_SHOWN]:
            mean = milliseconds(each.total_ms / each.scans)
            table.add_row(one_line(each.program), f"{each.scans:,}", mean, milliseconds(each.longest_ms))
        to.print(table)
        if more := observed.programs[_SHOWN:]:
            to.print(Text(f"and {len(more)} more programs (--json has them)", "dim"))
    if observed.first_day:
        to.print(Text(f"\nScan times from {observed.first_day} to {observed.last_day}.", "dim"))
    to.print()
    for line in (*observed.cautions, *observed.left_out):
        to.print(Text(f"- {line}", "dim"))


def _check_target(path: Path) -> None:
    """Check before anything is read that a file can be written. Raises `InvalidInputError`."""
    if path.suffix != ".csv":
        raise InvalidInputError(f"--to {path}: the name must end in .csv", hint="As in --to holds.csv.")
    check_new("--to", path)


def _write(found: Findings, path: Path) -> None:
    """Show the whole file, then write it."""
    content = _times(found.table).csv()
    to = console(stderr=True)
    print_plain(to, f"\n{path} will be, in full:", style="bold")
    print_plain(to, content.rstrip("\n"))
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(content)
    print_plain(to, f"Written, {size(len(content))}. Nothing was sent. Next: harness tune {path}")


def _times(table: HoldTable) -> HoldTable:
    """The table to write. Raises `InvalidInputError` where it would mix scans with what was blocked."""
    kinds = table.kinds
    if not kinds:
        raise InvalidInputError("there are no times to write, only reasons", hint="Leave out --to.")
    if blocked := [f"a blocked {kind}" for kind in kinds if kind not in SCANS]:
        if len(blocked) == len(kinds):
            return table.small()
        raise InvalidInputError(
            f"--to: these logs have times of scans and of {joined(blocked)}, which answer different "
            "questions",
            hint="Read Defender's logs and those of tools one after the other, into two files.",
        )
    return table.small()
