"""The command line ``harness``: its commands by group, and what happens when one fails.

Heavy imports are inside the commands, so that ``harness --help`` is quick.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from harness.cli.console import print_error
from harness.cli.doctor import doctor
from harness.cli.export import export
from harness.cli.list import list_
from harness.cli.predict import PredictCommand, predict
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.schema import schema
from harness.cli.show import show
from harness.cli.strategies import strategies
from harness.errors import FULL, HarnessError, StorageFullError

RUNS: Final = "Runs"
STRATEGIES: Final = "Strategies"
REFERENCE: Final = "Scenarios and machine"

ABOUT: Final = (
    "Measure how retry strategies persist files that another process holds open. On Windows, "
    "antivirus software may hold a file at the moment of its rename, which then fails with error 5 or "
    "32; everyone retries, nobody knows for how long."
)
FIRST_STEP: Final = "First step: `harness run`, under a minute. `harness COMMAND --help` says more."
EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 harness error, 2 invalid input, 3 payload unavailable, 4 not supported, "
    "5 storage full, 6 code not allowed, 130 interrupted"
)


class Commands(TyperGroup):
    """The commands by group, on one screen of 80 columns and 24 lines.

    Written without rich: typer's own help takes longer to import it than for all the rest.
    """

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(self.help or "")
        width = max(map(len, self.commands))
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            assert isinstance(command, TyperCommand)  # noqa: S101 - there are no others
            row = (name.ljust(width), command.get_short_help_str(formatter.width - width - 4))
            groups.setdefault(str(command.rich_help_panel), []).append(row)
        for group, rows in groups.items():
            with formatter.section(group):
                formatter.write_dl(rows)
        formatter.write_paragraph()
        formatter.write_text(FIRST_STEP)
        formatter.write_text(EXIT_CODES)


app = typer.Typer(
    name="harness",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=ABOUT,
)
app.command(rich_help_panel=RUNS)(run)
app.command(rich_help_panel=RUNS)(show)
app.command(rich_help_panel=RUNS)(export)
app.command(rich_help_panel=RUNS)(report)
app.command(rich_help_panel=STRATEGIES)(strategies)
app.command(cls=PredictCommand, rich_help_panel=STRATEGIES)(predict)
app.command("list", rich_help_panel=REFERENCE)(list_)
app.command(rich_help_panel=REFERENCE)(schema)
app.command(rich_help_panel=REFERENCE)(doctor)


def main() -> None:
    """Run the command line; exit with a code of `harness.errors.ExitCode`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old code page lacks some characters
    try:
        app()
    except HarnessError as error:
        _fail(error)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        kind = StorageFullError if error.errno in FULL else HarnessError
        denied = isinstance(error, PermissionError)
        hint = "HARNESS_CACHE chooses another cache, --results another folder for runs."
        _fail(kind(f"{type(error).__name__}: {error}", hint=hint if denied else None))


def _fail(error: HarnessError) -> NoReturn:
    print_error(error)
    sys.exit(error.exit_code)
