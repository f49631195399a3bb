"""``harness run``: start or resume a run, show its progress, print its tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness import api
from harness.cli.command_app import command_app
from harness.cli.console import console, print_plain
from harness.cli.declared_options import given_names, given_options, with_run_options
from harness.cli.progress import RunProgress
from harness.cli.show import print_run
from harness.errors import ExitCode, InvalidInputError, StorageFullError
from harness.platform.registry import native_platform
from harness.record.read import read_run
from harness.run.events import Planned
from harness.run.first_run import first_run
from harness.run.options import RunOptions
from harness.scenario.load import LoadedScenario, load_scenarios, shipped_names
from harness.text import quoted

app = command_app()


@app.command()
@with_run_options()
def run(
    context: typer.Context,
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names from `harness list`, with :generated for payloads that need no network, or "
            "paths of .toml files; `all` for all shipped ones. By default the quick scenarios (* in "
            "`harness list`); on Windows, a one-minute check of this machine's own antivirus."
        ),
    ] = None,
    *,
    generated: Annotated[
        bool, typer.Option("--generated", help="Use generated payloads for all these scenarios.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Complete a run that was stopped. Only --allow-code and --jobs go with it.",
        ),
    ] = None,
    **options: Any,
) -> None:
    """Run scenarios: every strategy against the same holds.

    Writes a folder in results/ (a manifest, and a journal with one line per
    trial) and prints one table per scenario and profile. A block is one
    repetition: every strategy once, in random order. Ctrl-C stops the run,
    `--resume` continues it.
    """
    given = given_names(context)
    if resume is not None and given - {"resume", "allow_code", "jobs"}:
        raise InvalidInputError(
            "--resume can only be combined with --allow-code and --jobs",
            hint="A run is completed as it was started; what it runs is in its manifest.",
        )
    if {"blocks", "max_time_s"} <= given:
        raise InvalidInputError(
            "--blocks and --max-time cannot be used together", hint="Use one of them."
        )
    asked = RunOptions(**given_options(context, options))
    screen = console()
    progress = RunProgress(screen)
    folder = resume
    try:
        with progress.bar:
            if resume is not None:
                api.resume(resume, allow_code=asked.allow_code, jobs=asked.jobs, on_event=progress)
            else:
                loaded = load_scenarios(_selected(scenarios or []), generated=generated)
                _show_rewritten(loaded)
                if not scenarios and (asked.platform or native_platform()) != "emulated":
                    loaded, asked = first_run(asked, generated=generated)
                folder = api.launch(loaded, asked, progress)
    except KeyboardInterrupt:
        _show_interrupted(_resume_command(progress.plan, resume, asked))
        sys.exit(ExitCode.INTERRUPTED)
    except StorageFullError as error:
        if (command := _resume_command(progress.plan, resume, asked)) is not None:
            error.hint = f"Free some space; then `{command}` continues."
        raise
    assert folder is not None  # noqa: S101 - given or returned
    exit_code = print_run(
        read_run(folder),
        screen,
        shown_as=str(folder),
        repeat_answer=True,
        remarked=progress.remarked,
    )
    _show_next_steps(screen, folder)
    raise typer.Exit(exit_code)


def _selected(names: list[str]) -> list[str]:
    if not names:
        return [loaded.name for loaded in load_scenarios(shipped_names()) if loaded.scenario.quick]
    if "all" in names:
        return shipped_names()
    return list(dict.fromkeys(names))


def _show_rewritten(scenarios: Sequence[LoadedScenario]) -> None:
    lines = [line for loaded in scenarios for line in loaded.rewritten]
    if lines:
        to = console(stderr=True)
        to.print("Scenario schema 1 still works. To update a file to schema 2, change:", style="yellow")
        for line in lines:
            print_plain(to, f"  {line}")


def _resume_command(plan: Planned | None, resumed: Path | None, options: RunOptions) -> str | None:
    """Return the command that completes the run, or ``None`` if no trial was planned yet."""
    if plan is None:
        return None
    allow = " --allow-code" if options.allow_code else ""
    folder = resumed or Path(options.results) / plan.run
    return f"harness run --resume {quoted(str(folder))}{allow}"


def _show_interrupted(command: str | None) -> None:
    to = console(stderr=True)
    to.print("Interrupted.", style="yellow")
    if command is None:
        to.print("No trial had started, so there is nothing to complete.")
    else:
        print_plain(to, f"Nothing is lost: {command}")


def next_steps(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return commands that go on from a run, each with what it does.

    In a session of nox the harness is not on the user's ``PATH``, and need not have the lab extra.
    """
    shown = quoted(str(folder))
    in_nox = "NOX_CURRENT_SESSION" in environment
    return {
        f"harness show {shown}": "prints this again (--json for programs)",
        f"{'nox -s report --' if in_nox else 'harness report'} {shown}": (
            "makes pages of it; without a run, of the newest"
        ),
        f"{'nox -s lab --' if in_nox else 'harness report --lab'} {shown}": (
            "opens it in a notebook; without a run, the newest"
        ),
        "harness strategies NAME --plot": "shows when a strategy makes attempts",
        "harness list": "has more scenarios",
    }


def _show_next_steps(to: Console, folder: Path) -> None:
    print_plain(to, f"\nRun: {folder}")
    for command, about in next_steps(folder, os.environ).items():
        print_plain(to, f"  {command}  {about}")
