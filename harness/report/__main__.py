"""``python -m harness.report RUN… --to report/``: the command line of reports; no logic."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from harness.errors import ExitCode, HarnessError, NotSupportedError
from harness.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.execution import Told
    from harness.report.publish import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a report; return an exit code of `harness.errors.ExitCode`."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.report",
        description="Make a report of runs: pages that need no network, and a summary in Markdown.",
    )
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help="runs, or folders of runs; results/reference"
    )
    parser.add_argument("--to", type=Path, default=Path("report"), help="folder to write (report)")
    parser.add_argument(
        "--notebooks", type=Path, metavar="FOLDER", help="other notebooks than the project's own"
    )
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        report = _publish(options.runs, options.to, options.notebooks, console)
    except HarnessError as error:
        console.print("error:", style="bold red", end=" ")
        console.print(printable(error.message), markup=False, highlight=False, soft_wrap=True)
        if error.hint:
            console.print(printable(error.hint), markup=False, highlight=False, style="cyan")
        return error.exit_code
    except KeyboardInterrupt:
        console.print("Interrupted; nothing was written.", style="yellow")
        return ExitCode.INTERRUPTED
    for name, why in report.failed:
        console.print(f"{name} is not complete: {why}", style="red", markup=False, highlight=False)
    print(report.folder / "index.html")  # noqa: T201 - the answer
    return ExitCode.HARNESS_ERROR if report.failed else ExitCode.OK


def _publish(runs: Sequence[Path], to: Path, notebooks: Path | None, console: Console) -> Report:
    try:
        from harness.report.publish import NOTEBOOKS, publish  # noqa: PLC0415 - it needs the extra
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("harness"):
            raise
        raise NotSupportedError(
            f"reports need {error.name}, which is not installed",
            hint='Install the extra: pip install "persist-harness[lab]".',
        ) from error

    def say(line: str) -> None:
        console.print(printable(line), markup=False, highlight=False)

    with _progress(console) as told:
        return publish(runs, to, told=told, said=say, notebooks=notebooks or NOTEBOOKS)


@contextmanager
def _progress(console: Console) -> Iterator[Told]:
    """A bar for each notebook on a terminal, a line for each that is done anywhere else."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def told(name: str, done: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=of)
            bars.update(tasks[name], completed=done)
            if done == of and not console.is_terminal:
                console.print(f"{name}: {done} of {of} cells", markup=False, highlight=False)

        yield told


if __name__ == "__main__":
    sys.exit(main())
