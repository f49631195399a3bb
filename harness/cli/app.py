"""The command line ``harness``: its commands by group, and what happens when one fails.

Heavy imports are inside the commands, so that ``harness --help`` is quick.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from harness.cli.console import AsJson, print_error
from harness.cli.console import console as _console
from harness.cli.console import print_json as _print_json
from harness.cli.doctor import doctor
from harness.cli.export import export
from harness.cli.list import list_
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.schema import schema
from harness.cli.show import show
from harness.errors import FULL, HarnessError, InvalidInputError, NotSupportedError, StorageFullError

if TYPE_CHECKING:
    from harness.cli.strategy_listing import StrategyRow

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


@app.command(rich_help_panel=STRATEGIES)
def strategies(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tell all about these: policies, systems (`uv`), systems in a version (`uv-0.5.17`), "
            "strategies with parameters, sentences in quotes. After --plot, also the file to draw to."
        ),
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option(help="Only of this system; again for more.")
    ] = None,
    code: Annotated[
        list[int] | None, typer.Option(help="Only what retries this Win32 error; again for more.")
    ] = None,
    operation: Annotated[
        list[str] | None,
        typer.Option(help="Only for this operation, such as rename or delete; again for more."),
    ] = None,
    plot: Annotated[
        bool,
        typer.Option(
            "--plot",
            help="Draw when each one tries: as text, or to a file that is named too (.svg, .png, .pdf).",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the strategies: what real software does, and what can be tuned; when each tries, on what.

    Attempt times are for an operation that fails for ever.
    """
    from harness.cli.strategy_listing import details, listing, strategy_rows, text_plot  # noqa: PLC0415

    files = [name for name in names or [] if plot and Path(name).suffix.lower() in _IMAGES]
    named = [name for name in names or [] if name not in files]
    rows = strategy_rows(named, systems=system or (), codes=code or (), operations=operation or ())
    if files:
        _draw(rows, files)
    elif as_json:
        _print_json([row.as_json() for row in rows])
    else:
        console = _console()
        for part in listing(rows, console.width) if not (named or plot) else ():
            console.print(part)
        for row in rows if named or plot else ():
            console.print(details(row) if named else row.name)
            if plot:
                console.print(text_plot(row), markup=False, highlight=False)
            console.print()


_IMAGES: Final = {".svg", ".png", ".pdf"}


def _draw(rows: list[StrategyRow], files: list[str]) -> None:
    """Draw schedules to files."""
    try:
        from harness.analysis.plots.strategy_figure import draw_policies  # noqa: PLC0415
    except ImportError as error:
        raise NotSupportedError(
            f"drawing to a file needs {error.name}",
            hint='pip install "persist-harness[lab]" brings it; --plot without a file draws text.',
        ) from error
    for file in files:
        if not Path(file).parent.is_dir():
            raise InvalidInputError(
                f"{file} cannot be written: there is no folder {Path(file).parent}",
                hint="Make the folder, or name another.",
            )
        draw_policies(rows, Path(file))
        typer.echo(f"Written: {file}")


class TryCommand(TyperCommand):
    """Help that teaches the language; its words are read only when they are asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the options, then the words."""
        from harness.cli.notation_help import language_help  # noqa: PLC0415

        super().format_help(ctx, formatter)
        _console().print(language_help())


@app.command("try", cls=TryCommand, rich_help_panel=STRATEGIES)
def try_(
    policy: Annotated[
        str,
        typer.Argument(
            help='A sentence such as "10ms x2 cap 250ms for 30s on 5,32", or a policy of '
            "`harness strategies`.",
        ),
    ],
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Rank all policies under this profile of holds.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Compare with policies for other operations, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try a policy at once: what it says, what it survives, where it stands, what is like it.

    Computed from when it tries, with no trial and in a second.
    """
    from harness.cli import predicting  # noqa: PLC0415

    yours = predicting.read(policy)
    if profile is not None:
        found = predicting.rank_under(yours, profile, every=every)
        data, parts = predicting.ranking_json(yours, found), predicting.ranking_tables(yours, found)
    else:
        tried = predicting.try_policy(yours, every=every)
        data, parts = predicting.tried_json(tried), predicting.tried_tables(tried)
    if as_json:
        _print_json(data)
        return
    console = _console()
    for part in parts:
        console.print(part)
    run_it = f"\nRun it really: {predicting.command(yours)}"
    console.print(run_it, style="cyan", markup=False, highlight=False, soft_wrap=True)


app.command("list", rich_help_panel=REFERENCE)(list_)
app.command(rich_help_panel=REFERENCE)(schema)
app.command(rich_help_panel=REFERENCE)(doctor)
