"""``python -m harness.study``: run the study, make its page, or repeat a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from harness.cli.command_app import command_app
from harness.cli.console import console, print_plain
from harness.errors import ExitCode, HarnessError
from harness.record.redaction import Redaction
from harness.report.folder import check, replaced
from harness.report.redacted_page import redacted_page
from harness.scenario.bounds import MOST_BLOCKS, MOST_JOBS
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.study.collect import Tell, collect, parts_of
from harness.study.definition import ABOUT, BLOCKS, SEED, TRIALS, case_files
from harness.study.page import study_page
from harness.study.predictions import checked
from harness.study.repeat import differing
from harness.study.situations import situations
from harness.study.trials import About, read, read_about, write, write_about
from harness.text import counted

app = command_app()
WORK = Path(".study")
"""Where a study that is under way is kept; git ignores it."""
LINE_EVERY = 16
"""Cases: without a terminal there is a line for each so many."""


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
    with _progress() as tell:
        trials = collect(parts_of(case_files(), range(blocks)), work, jobs=jobs, tell=tell)
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
    """Run one of every hundred blocks again; any trial that is not the same is an error."""
    about, trials = read_about(ABOUT), read(TRIALS)
    with _progress() as tell:
        differ, compared = differing(trials, about.blocks, tell=tell)
    if len(differ):
        typer.echo(differ.head(20).to_string())
        raise HarnessError(
            f"{len(differ):,} of {compared:,} trials of the study are not the same now",
            hint="A change altered trials: run `nox -s study` again, and say why in the changelog.",
        )
    typer.echo(f"{compared:,} trials are the same as in results/study/")


@contextmanager
def _progress() -> Iterator[Tell]:
    """Show how much is done: as a bar on a terminal, else in a line now and then."""
    screen = console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("Cases (a scenario under a profile)")

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)
            if bar.disable and not done % LINE_EVERY:
                print_plain(screen, f"{done} of {counted(of, 'case')} done")

        yield tell


if __name__ == "__main__":
    try:
        app()
    except HarnessError as error:
        from harness.cli.console import print_error

        print_error(error)
        raise SystemExit(error.exit_code or ExitCode.HARNESS_ERROR) from error
