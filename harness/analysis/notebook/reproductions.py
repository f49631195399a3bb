"""Outcomes of real programs, and the atlas of their retries, for notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from harness.analysis.notebook.display import say
from harness.reproduce.atlas import AtlasRow, atlas_rows
from harness.reproduce.attempt_words import attempt_words
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.text import counted, joined, milliseconds

if TYPE_CHECKING:
    from harness.reproduce.lab_names import LabName
    from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome

_RESULTS: Final = Path(__file__).parents[3] / "results"
"""In a checkout of the project; an installed harness has none."""


def reproductions_in(folder: str | None = None) -> list[ProgramOutcome]:
    """Return what ``harness reproduce --keep`` has put into a folder, by default the project's own.

    Says how to make it where there is nothing. Raises `InvalidInputError` for a file of another kind.
    """
    found = KeptOutcomes(_RESULTS / "reproductions" if folder is None else Path(folder)).all()
    if not found:
        say("No outcome is there yet: `harness reproduce --keep FOLDER` makes some.")
    return found


def atlas_in(folder: str | None = None) -> list[AtlasRow]:
    """Return the write paths of a retry atlas, by default the project's own, by budget.

    Says how to make it where there is nothing. Raises `InvalidInputError` for a file of another kind.
    """
    rows = list(atlas_rows(_RESULTS / "atlas" if folder is None else Path(folder)))
    if not rows:
        say("No write path is there yet: `harness probe --atlas FOLDER` makes some.")
    return sorted(rows, key=lambda row: row.path.longest_ms or 0.0)


def with_eras(outcomes: Sequence[ProgramOutcome]) -> list[ProgramOutcome]:
    """Return those of which releases differ in how they end or how often they try."""
    return [each for each in outcomes if len(_eras(each)) > 1]


def without_eras(outcomes: Sequence[ProgramOutcome], lab: LabName) -> list[ProgramOutcome]:
    """Return those of a lab of which all releases do alike."""
    return [each for each in outcomes if each.lab == lab and len(_eras(each)) == 1]


def era_sentences(outcome: ProgramOutcome) -> Iterator[str]:
    """Say what releases do from when on: releases in a row that end alike, after as many attempts."""
    for releases in _eras(outcome):
        first, last = releases[0], releases[-1]
        which = first.version if first == last else f"{first.version} to {last.version}"
        words = attempt_words(first.seen)
        yield f"{which}: {first.ending}{', ' * bool(words)}{words}."


def _eras(outcome: ProgramOutcome) -> list[list[ReleaseOutcome]]:
    known = [each for each in outcome.releases if each.ending != "unknown"]
    return [list(era) for _, era in groupby(known, lambda each: (each.ending, len(each.seen)))]


def atlas_sentences(rows: Sequence[AtlasRow]) -> Iterator[str]:
    """Say how many write paths are tried again, after which codes, and for how long."""
    if not rows:
        return
    retrying = [row for row in rows if row.path.retried]
    programs = {row.program for row in rows}
    yield (
        f"{len(retrying)} of {counted(len(rows), 'write path')} of {counted(len(programs), 'program')} "
        "are tried again on some code."
    )
    if retrying:
        low, high = (milliseconds(row.path.longest_ms) for row in (retrying[0], retrying[-1]))
        yield f"Their budgets go from {low} to {high}."
    only = [row for row in retrying if row.path.retried == [5]]
    if only:
        yield f"On 5 alone, so that a sharing violation (32) ends them: {len(only):,} of them."
    if claimed := [row for row in rows if any(each.ending == "claimed" for each in row.path.codes)]:
        names = joined(list(dict.fromkeys(f"{row.program} {row.release}" for row in claimed)))
        yield f"Exit code 0 though not all is there: {names}."


def atlas_table(rows: Sequence[AtlasRow]) -> pd.DataFrame:
    """Return a table of write paths: codes that are retried, attempts, budget, schedule, endings."""
    return pd.DataFrame(
        [
            {
                "report, release": f"{row.program} {row.release}",
                "write path": row.path.words,
                "retries": joined([*map(str, row.path.retried)]) or "nothing",
                "attempts": row.path.attempts,
                "budget": milliseconds(row.path.longest_ms) if row.path.retried else "-",
                "fits": row.path.notation or "-",
                "then": joined(sorted({each.ending for each in row.path.codes}), ", "),
            }
            for row in rows
        ]
    )
