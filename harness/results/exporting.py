"""Write frames for other tools: as Parquet, as CSV, or for pytest-benchmark. Nothing is overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.results.csv import write_csv
from harness.results.frames import TABLES, Frames
from harness.results.parquet import write_parquet
from harness.results.pytest_benchmark import write_pytest_benchmark
from harness.run.manifest import NAME as MANIFEST
from harness.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.results import Format

_WRITERS: Final = {"parquet": write_parquet, "csv": write_csv}


def files_of(kind: Format, to: Path) -> list[Path]:
    """The files that an export writes: one a frame in the folder `to`, or the file `to`."""
    return [to] if kind == "pytest-benchmark" else [to / f"{table}.{kind}" for table in TABLES]


def check_target(kind: Format, to: Path, *, overwrite: bool) -> None:
    """Raise `InvalidInputError` for a place that an export cannot go to, or that is taken."""
    if kind == "pytest-benchmark":
        if to.is_dir():
            raise InvalidInputError(
                f"{to} is a folder",
                hint=f"For pytest-benchmark name a file, such as {to / 'runs.json'}.",
            )
    elif to.is_file() or to.suffix == f".{kind}":
        raise InvalidInputError(
            f"{to} is the name of a file, and {kind} is a folder with one file a frame",
            hint=f"Name a folder, such as {to.with_suffix('')}.",
        )
    elif (to / MANIFEST).exists():
        raise InvalidInputError(f"{to} is a run", hint="Name a folder of its own for the export.")
    taken = [path for path in files_of(kind, to) if path.exists()]
    if taken and not overwrite:
        raise InvalidInputError(f"{taken[0]} exists", hint="Name another place, or say --overwrite.")


def write(
    frames: Callable[[], Frames] | Frames,
    to: Path,
    kind: Format,
    *,
    overwrite: bool,
    done: Callable[[str], None],
) -> list[str]:
    """See `harness.results.export`."""
    check_target(kind, to, overwrite=overwrite)
    frames = frames if isinstance(frames, Frames) else frames()
    try:
        if kind == "pytest-benchmark":
            to.parent.mkdir(parents=True, exist_ok=True)
            never = write_pytest_benchmark(frames, to)
            return [f"No benchmark, as it never succeeded: {name}" for name in never]
        to.mkdir(parents=True, exist_ok=True)
        _WRITERS[kind](frames, to, done)
    except BaseException:
        for path in files_of(kind, to):
            path.unlink(missing_ok=True)
        raise
    return [f"{counted(len(frames.trials), 'trial')}, one file a frame"]
