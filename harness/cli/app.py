"""The commands of ``harness``: read the options, call the package, print. No logic here.

Heavy imports are inside the commands, so that ``harness --help`` is quick.
"""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from harness.cli.predict import PredictCommand, predict
from harness.cli.printing import AsJson
from harness.cli.printing import console as _console
from harness.cli.printing import print_json as _print_json
from harness.cli.strategies import strategies
from harness.errors import FULL, ExitCode, HarnessError, InvalidInputError, StorageFullError
from harness.text import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.run.runner import Plan
    from harness.scenario.load import LoadedScenario

app = typer.Typer(
    name="harness",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Try persist strategies against files that something else holds.\n\n"
        "Installers write files to a temporary place and rename them into place. On Windows, antivirus "
        "software may hold a file at that moment, and the rename fails with error 5 or 32; everyone "
        "retries, nobody knows for how long. This harness lays down real packages, lets something hold "
        "them, persists them under each strategy, and records what happened.\n\n"
        "[bold]First steps[/bold]\n\n"
        "  harness run               the quick scenarios, under a minute\n"
        "  harness list              what there is to run\n"
        "  harness strategies        the retry strategies of real software\n"
        "  harness predict NOTATION  how a strategy of your own performs, without trials\n"
        "  harness show results/RUN  the tables of a run again\n\n"
        "[bold]Exit codes[/bold]\n\n"
        "  0 done, 1 harness error, 2 invalid input, 3 payload unavailable, 4 not supported,\n"
        "  5 storage full, 6 code not allowed, 130 interrupted (`harness run --resume RUN` goes on)"
    ),
)


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
    console = _console(stderr=True)
    console.print("error:", style="bold red", end=" ")
    console.print(printable(error.message), markup=False, highlight=False, soft_wrap=True)
    if error.hint:
        console.print(printable(error.hint), markup=False, highlight=False, soft_wrap=True, style="cyan")
    sys.exit(error.exit_code)


def _print_utf8(text: str) -> None:
    """Print in the encoding of GitHub's files, whatever the code page of the machine."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(text)


@app.command()
def run(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names from `harness list`, with :generated for payloads that need no network, or "
            "paths of .toml files; `all` for all shipped ones. Without any: the quick ones; on Windows, "
            "a minute's look at what this machine's own antivirus does."
        ),
    ] = None,
    blocks: Annotated[
        int | None,
        typer.Option(min=1, help="Repetitions of every strategy, instead of the scenario's own number."),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Repeat until this time is over, such as 90s, 10m or 2h."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws holds and orders: same seed, same holds. 1 by default.")
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="Only this strategy, by name or label; give it again for more."),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this profile of holds, also one the scenario does not list; again for more."
        ),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=V,V",
            help=r"Compare values of a factor in one run, such as path_style=plain,verbatim or "
            r"location=%TEMP%,D:\work.",
        ),
    ] = None,
    long_holds: Annotated[
        bool,
        typer.Option("--long-holds", help="In real time too, run holds of more than a few seconds."),
    ] = False,
    platform: Annotated[
        str | None,
        typer.Option(
            help="Where calls and holds come from: windows, wine or emulated; by default this machine."
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Complete a run that was stopped.")
    ] = None,
    generated: Annotated[
        bool, typer.Option("--generated", help="Generated payloads for all of these scenarios.")
    ] = False,
    allow_code: Annotated[
        bool,
        typer.Option(
            "--allow-code",
            help="Let scenarios that are not shipped run code: builds, strategies from Python files.",
        ),
    ] = False,
    results: Annotated[
        Path | None, typer.Option(help="Where runs are written; ./results by default.")
    ] = None,
) -> None:
    """Run scenarios: every strategy against the same holds, block by block.

    Writes a folder in results/ (a manifest, and a journal with one line a trial) and prints one table
    for each scenario and profile. Ctrl-C stops; `--resume` goes on.
    """
    from harness.begin import begin, complete  # noqa: PLC0415
    from harness.cli.progress import RunProgress  # noqa: PLC0415
    from harness.platform.registry import native_platform  # noqa: PLC0415
    from harness.run.first_run import first_run  # noqa: PLC0415
    from harness.run.runner import Request  # noqa: PLC0415
    from harness.run.select import parse_factors  # noqa: PLC0415
    from harness.scenario.load import load_scenarios  # noqa: PLC0415

    if blocks is not None and max_time is not None:
        raise InvalidInputError("--blocks and --max-time exclude each other", hint="Give one of them.")
    others = (
        *(scenarios, blocks, max_time, strategy, generated, seed, results),
        *(profile, factor, long_holds, platform),
    )
    if resume is not None and any(option not in (None, False, []) for option in others):
        raise InvalidInputError(
            "--resume takes nothing but --allow-code",
            hint="A run is completed as it was begun; what it runs is in its manifest.",
        )
    console = _console()
    progress = RunProgress(console)
    folder = resume
    try:
        with progress:
            if resume is not None:
                complete(resume, allow_code=allow_code, listener=progress)
            else:
                loaded = load_scenarios(_selected(scenarios or []), generated=generated)
                _tell_of_older_schemas(loaded)
                request = Request(
                    scenarios=loaded,
                    platform=platform,
                    profiles=profile or (),
                    factors=parse_factors(factor or ()),
                    long_holds=long_holds,
                    blocks=blocks,
                    max_time_s=None if max_time is None else _seconds(max_time),
                    seed=1 if seed is None else seed,
                    strategies=strategy or (),
                    allow_code=allow_code,
                    results=results or Path("results"),
                )
                if not scenarios and (platform or native_platform()) != "emulated":
                    request = first_run(request)
                folder = begin(request, progress)
    except KeyboardInterrupt:
        _interrupted(progress.plan, allow_code=allow_code)
    except StorageFullError as error:
        if progress.plan is not None:
            error.hint = f"Free some space; then `{_resume_command(progress.plan, allow_code)}` goes on."
        raise
    assert folder is not None  # noqa: S101 - given or made
    _show(console, folder, after_run=True)


def _selected(names: list[str]) -> list[str]:
    from harness.scenario.load import load_scenarios, shipped_names  # noqa: PLC0415

    if not names:
        return [loaded.name for loaded in load_scenarios(shipped_names()) if loaded.scenario.quick]
    if "all" in names:
        return shipped_names()
    return list(dict.fromkeys(names))


def _tell_of_older_schemas(scenarios: Sequence[LoadedScenario]) -> None:
    lines = [line for loaded in scenarios for line in loaded.rewritten]
    if lines:
        console = _console(stderr=True)
        console.print("Scenario schema 1 is still read. In schema 2 these lines are:", style="yellow")
        for line in lines:
            console.print(f"  {printable(line)}", markup=False, highlight=False, soft_wrap=True)


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?", text.strip())
    if match is None or float(match[1]) == 0:
        raise InvalidInputError(
            f"--max-time: found {text!r}; expected a time above zero, such as 90s, 10m or 2h"
        )
    return float(match[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600}[match[2] or "s"]


def _resume_command(plan: Plan, allow_code: bool) -> str:
    allow = " --allow-code" if allow_code else ""
    return f"harness run --resume {quoted(str(plan.folder))}{allow}"


def _interrupted(plan: Plan | None, *, allow_code: bool) -> NoReturn:
    console = _console(stderr=True)
    console.print("Interrupted.", style="yellow")
    if plan is None:
        console.print("No trial had begun, so there is nothing to complete.")
    else:
        command = _resume_command(plan, allow_code)
        console.print(f"Nothing is lost: {command}", markup=False, highlight=False, soft_wrap=True)
    sys.exit(ExitCode.INTERRUPTED)


def _show(console: Console, folder: Path, *, after_run: bool) -> None:
    from harness.record.read import read_run  # noqa: PLC0415
    from harness.summary.terminal_tables import run_tables  # noqa: PLC0415

    found = read_run(folder)
    for part in run_tables(found, console.width):
        console.print(part)
    if after_run:
        console.print()
        console.print(f"Run: {folder}", markup=False, highlight=False)
        console.print(
            f"Next: `harness show {quoted(str(folder))}` prints this again (--json for programs); "
            "`harness strategies NAME --plot` shows when a strategy makes attempts; "
            "`harness list` has more scenarios.",
            markup=False,
            highlight=False,
        )
    if any(trial.outcome == "harness-error" for trial in found.trials):
        sys.exit(ExitCode.HARNESS_ERROR)


@app.command()
def show(
    run: Annotated[Path, typer.Argument(help="A folder in results/.")],
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool,
        typer.Option(
            "--markdown", help="Print Markdown, for a pull request or the summary of a CI job."
        ),
    ] = False,
) -> None:
    """Print the tables of a run."""
    from harness.record.read import read_run  # noqa: PLC0415
    from harness.summary.markdown_tables import run_markdown  # noqa: PLC0415
    from harness.summary.terminal_tables import run_json  # noqa: PLC0415

    if as_json and as_markdown:
        raise InvalidInputError("--json and --markdown exclude each other", hint="Give one of them.")
    if as_json:
        _print_json(run_json(read_run(run)))
    elif as_markdown:
        _print_utf8(run_markdown(read_run(run)))
    else:
        _show(_console(), run, after_run=False)


@app.command()
def export(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders in results/, or Parquet exports.")
    ],
    to: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="A folder, which gets one file a frame (parquet, csv), or a file (pytest-benchmark).",
        ),
    ],
    format_: Annotated[
        Literal["parquet", "csv", "pytest-benchmark"],
        typer.Option(
            "--format",
            help="parquet for `harness.frames.load` and other tools; csv for spreadsheets; "
            "pytest-benchmark for `pytest-benchmark compare`, with the times of trials that succeeded.",
        ),
    ] = "parquet",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
) -> None:
    r"""Write runs for other tools: their trials, operations, attempts and holds.

    Needs the extra: pip install "persist-harness\[lab]". Columns and units are told by
    help(harness.frames.definition.Frames) in Python.
    """
    from rich.progress import Progress  # noqa: PLC0415

    from harness.frames import export as write  # noqa: PLC0415
    from harness.frames import load  # noqa: PLC0415

    with Progress(console=_console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        reading, writing = bar.add_task("Loading", total=1), bar.add_task("Writing", total=6)
        said = write(
            lambda: load(runs, progress=lambda share: bar.update(reading, completed=share)),
            *(to, format_),
            overwrite=overwrite,
            done=lambda _: bar.advance(writing),
        )
    for sentence in said:
        typer.echo(printable(sentence))
    typer.echo(f"Written: {to}")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the shipped scenarios, with what each reproduces and whether it can run offline now."""
    from harness.cli.listings import scenario_rows, scenario_table  # noqa: PLC0415

    rows = scenario_rows()
    if as_json:
        _print_json([row.as_json() for row in rows])
    else:
        _console().print(scenario_table(rows))


app.command()(strategies)
app.command(cls=PredictCommand)(predict)


@app.command()
def schema(
    profile: Annotated[
        bool, typer.Option("--profile", help="Of profile files instead of scenario files.")
    ] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from harness.scenario.json_schema import json_schema  # noqa: PLC0415

    _print_json(json_schema("profile" if profile else "scenario"))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine can measure, and what is known about its antivirus."""
    from harness.cli.doctor import diagnose  # noqa: PLC0415
    from harness.cli.listings import doctor_table  # noqa: PLC0415

    diagnosis = diagnose()
    if as_json:
        _print_json(diagnosis.as_json())
    else:
        _console().print(doctor_table(diagnosis))
