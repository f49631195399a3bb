"""``python -m harness.study``: run the study, make its page, or repeat a part of it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.command_app import command_app
from harness.cli.console import console, print_plain
from harness.cli.progress import RunProgress
from harness.errors import ExitCode, HarnessError
from harness.record.redaction import Redaction
from harness.report.folder import check, replaced
from harness.report.redacted_page import redacted_page
from harness.scenario.bounds import MOST_BLOCKS, MOST_JOBS
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.study.collect import collect
from harness.study.definition import ABOUT, BLOCKS, SEED, TRIALS
from harness.study.page import study_page
from harness.study.predictions import checked
from harness.study.repeat import differing
from harness.study.situations import situations
from harness.study.trials import About, read, read_about, write, write_about

app = command_app()
WORK = Path(".study")
"""Where a study that is under way is kept; git ignores it."""


@app.command()
def run(
    blocks: Annotated[
        int, typer.Option(min=1, max=MOST_BLOCKS, help="Repetitions of every case.")
    ] = BLOCKS,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, max=MOST_JOBS, help="Processes side by side."),
    ] = None,
    work: Annotated[Path, typer.Option(help="Where to keep what is done, to go on later.")] = WORK,
) -> None:
    """Run the study and write results/study/; after an interruption, the same command goes on."""
    screen = console(stderr=True)
    progress = RunProgress(screen)
    with progress.bar:
        trials = collect(
            *(work, blocks),
            jobs=jobs,
            on_event=progress,
            on_case=lambda name: print_plain(screen, f"{name}:"),
        )
    write(trials, TRIALS)
    options = "" if blocks == BLOCKS else f" -- --blocks {blocks}"
    made = About(
        f"nox -s study{options}",
        *(SEED, blocks, len(trials), ATTEMPT_COST_MS, version("persist-harness")),
    )
    write_about(made, ABOUT)
    typer.echo(f"Written: {TRIALS.name} and {ABOUT.name} in results/study/, {len(trials):,} trials")


@app.command()
def page(
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write.")] = Path("study"),
) -> None:
    """Make the page of the committed study."""
    check(to)
    about, trials = read_about(ABOUT), read(TRIALS)
    with console(stderr=True).status("Predicting every strategy") as status:
        predictions = list(checked(trials, about.call_ms))
        status.update("Tuning a default for every profile")
        text = study_page(trials, about, predictions, list(situations()))
    with replaced(to) as new:
        (new / "index.html").write_text(redacted_page(text, Redaction()), encoding="utf-8", newline="\n")
    typer.echo(to / "index.html")


@app.command()
def repeat() -> None:
    """Run the first of every hundred blocks again; any trial that is not the same is an error."""
    about, trials = read_about(ABOUT), read(TRIALS)
    progress = RunProgress(console(stderr=True))
    with progress.bar:
        differ, compared = differing(trials, about.blocks, on_event=progress)
    if len(differ):
        typer.echo(differ.head(20).to_string())
        raise HarnessError(
            f"{len(differ):,} of {compared:,} trials of the study are not the same now",
            hint="A change altered trials: run `nox -s study` again, and say why in the changelog.",
        )
    typer.echo(f"{compared:,} trials are the same as in results/study/")


if __name__ == "__main__":
    try:
        app()
    except HarnessError as error:
        from harness.cli.console import print_error

        print_error(error)
        raise SystemExit(error.exit_code or ExitCode.HARNESS_ERROR) from error
