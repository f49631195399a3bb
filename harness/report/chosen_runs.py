"""The runs that a report or a notebook is about: those that are named, or else the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.record.newest import REFERENCE, newest_run

RESULTS: Final = Path("results")
"""The folder that `harness run` writes to unless told otherwise."""


def chosen_runs(named: Sequence[Path], results: Path = RESULTS) -> list[Path]:
    """The runs at `named`, or the newest one in `results`.

    Raises `InvalidInputError` for a path that is not a run, and where there is no run at all; it says
    how to make one, and names the reference run if that is there.
    """
    if named:
        return runs_in(named)
    newest = newest_run(results)
    if newest is not None:
        return [newest]
    reference = results / REFERENCE
    shown = f" Or name the run that the project ships: {reference}" if reference.is_dir() else ""
    raise InvalidInputError(
        f"there is no run in {results.absolute()} yet",
        hint=f"Make one with `python -m nox -s bench` or `harness run`, about a minute.{shown}",
    )


def runs_in(paths: Iterable[Path]) -> list[Path]:
    """The runs at `paths`, which are runs or folders of runs.

    Raises `InvalidInputError` for a path that is neither.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise InvalidInputError(
                f"{path} is not a run: there is no such folder", hint="Runs are the folders in results/."
            )
        below = sorted(each.parent for each in path.glob("*/manifest.json"))
        found += [path] if (path / "manifest.json").exists() or not below else below
    return list(dict.fromkeys(found))
