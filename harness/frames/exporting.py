"""Write frames for other tools: as Parquet, as CSV, or for pytest-benchmark.

Files are written under temporary names and renamed when all are complete: an export may read the very
files that it replaces, and one that fails leaves them unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.frames.csv import write_csv
from harness.frames.definition import TABLES, Frames
from harness.frames.parquet import write_parquet
from harness.frames.pytest_benchmark import write_pytest_benchmark
from harness.record.damage import left_out
from harness.record.manifest import refuse_run_folder
from harness.strategy import get_strategy
from harness.text import counted

if TYPE_CHECKING:
    from harness.frames import Format

_WRITERS: Final = {"parquet": write_parquet, "csv": write_csv}


def files_of(kind: Format, to: Path) -> dict[str, Path]:
    """The files of an export: one per table in the folder `to`, or ``runs`` as the file `to`."""
    return (
        {"runs": to} if kind == "pytest-benchmark" else {name: to / f"{name}.{kind}" for name in TABLES}
    )


def check_target(kind: Format, to: Path, *, overwrite: bool) -> None:
    """Raise `InvalidInputError` if `to` cannot be written, or exists."""
    if kind == "pytest-benchmark":
        if to.is_dir():
            raise InvalidInputError(
                f"{to} is a folder",
                hint=f"For pytest-benchmark name a file, such as {to / 'runs.json'}.",
            )
    elif to.is_file() or to.suffix == f".{kind}":
        raise InvalidInputError(
            f"{to} looks like a file name; an export as {kind} is a folder with one file per table",
            hint=f"Name a folder, such as {to.with_suffix('')}.",
        )
    folder = to.parent if kind == "pytest-benchmark" else to
    refuse_run_folder(folder)
    taken = [path for path in files_of(kind, to).values() if path.exists()]
    if taken and not overwrite:
        raise InvalidInputError(f"{taken[0]} exists", hint="Name another place, or give --overwrite.")


def _damage(frames: Frames) -> Iterator[str]:
    """Say what the runs lack, and what in them may be wrong."""
    for run, damaged, damage, manifest in frames.runs[["damaged", "damage", "manifest"]].itertuples():
        if damaged:
            words, details = left_out(damaged, damage.splitlines())
            yield f"{run}: {words} ({'; '.join(details)})"
        if manifest == "changed":
            yield f"{run}: the manifest is not as it was written, so what it says may be wrong"


def write(
    frames: Callable[[], Frames] | Frames,
    to: Path,
    kind: Format,
    *,
    overwrite: bool,
    on_written: Callable[[str], None],
) -> list[str]:
    """See `harness.frames.export`."""
    check_target(kind, to, overwrite=overwrite)
    frames = frames if isinstance(frames, Frames) else frames()
    if frames.trials.empty:
        raise InvalidInputError(
            "there are no trials, so there is nothing to export",
            hint="Complete a run with `harness run --resume RUN` first.",
        )
    files = files_of(kind, to)
    parts = {name: path.with_name(f"{path.name}.part") for name, path in files.items()}
    try:
        for path in parts.values():
            path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "pytest-benchmark":
            never = write_pytest_benchmark(frames, parts["runs"])
            messages = [f"No times to compare, because it never succeeded: {name}" for name in never]
        else:
            for table, path in parts.items():
                _WRITERS[kind](frames, table, path)
                on_written(table)
            messages = [f"{counted(len(frames.trials), 'trial')}, one file per table"]
        messages += _damage(frames)
        for name, path in files.items():
            get_strategy("exponential").persist(os.replace, parts[name], path)
    finally:
        for path in parts.values():
            path.unlink(missing_ok=True)
    return messages
