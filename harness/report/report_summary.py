"""What was run and what came of it, computed: the words, tables and warnings at the top of a report.

The same content is drawn twice: as HTML on ``index.html`` and as Markdown for pull requests. What a run
brings along (names, evidence) is kept apart from our own words as `Value`, and whoever draws it escapes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

from harness.analysis.cases import BLOCK, CELL
from harness.analysis.rates import failure_rates
from harness.analysis.selection import Choice, select
from harness.analysis.times import failing_times, persist_times
from harness.summary.ambient import BYTES, HELD_CODES
from harness.summary.notes import CLAIMS, QUANTILES, Note
from harness.summary.phrase import Value, listed
from harness.summary.statistics import wilson
from harness.text import counted, milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.analysis.selection import Cell
    from harness.frames.definition import Frames
    from harness.summary.phrase import Part, Phrase

NAMED_TOGETHER: Final = 6
"""So many arms that failed equally often are named; the table has them all."""
_KINDS: Final = ("measured", "bound", "assumed")


@dataclass(frozen=True)
class Table:
    """Heads, and rows of as many cells. `texts` is how many columns, from the left, are no numbers."""

    heads: tuple[str, ...]
    rows: list[tuple[Part, ...]]
    texts: int = 1


@dataclass(frozen=True)
class CellSummary:
    """One cell: what it is called, what came of it, its table and its notes.

    `groups` say how often the arms failed, those that did least first; those that did equally often
    together.
    """

    name: Phrase
    groups: list[Phrase]
    table: Table
    notes: list[Note]


@dataclass(frozen=True)
class Summary:
    """A whole report in words. `warnings` are what a reader must know before the numbers."""

    title: str
    runs: Table
    warnings: list[Note]
    cells: list[CellSummary]
    claims: list[Note]


def summarise(frames: Frames) -> Summary:
    """Sum up what was loaded, cell by cell; nothing is pooled across cells."""
    summaries = [_cell(frames, choice) for choice in cells_of(frames)]
    runs = len(frames.runs)
    warnings = [*_of_runs(frames)]
    warnings += [
        Note((*cell.name, ": ", *note.phrase), note.weight)
        for cell in summaries
        for note in cell.notes
        if note.weight != "remark"
    ]
    platforms = sorted(map(str, frames.runs["platform"].unique()))
    return Summary(
        title=f"{counted(runs, 'run')} on the {_and(platforms)} platform{'s' * (len(platforms) > 1)}",
        runs=_runs(frames),
        warnings=warnings,
        cells=summaries,
        claims=[Note((CLAIMS[platform],)) for platform in platforms] + [Note((QUANTILES,))],
    )


def cells_of(frames: Frames) -> list[Choice]:
    """The cells in the order of their first trials: each as what `harness.analysis.select` is given."""
    keys = frames.trials[list(CELL)].astype(str).drop_duplicates()
    return [cast("Choice", row) for row in keys.to_dict("records")]


def plain(phrase: Phrase) -> str:
    """A phrase as plain text, for what escapes it as a whole."""
    return "".join(part if isinstance(part, str) else part.text for part in phrase)


def cell_name(choice: Choice) -> Phrase:
    """What a cell is called: ``script-install under brief, on the wine platform (ntfs rules) …``."""
    rules = f" ({choice['rules']} rules)" if choice["rules"] else ""
    identity = f", meeting {BYTES[choice['identity']]}" if choice["identity"] else ""
    return (
        Value(choice["scenario"]),
        " under ",
        Value(choice["profile"]),
        f" on the {choice['platform']} platform{rules}{identity}, antivirus {choice['antivirus']}",
    )


def _cell(frames: Frames, choice: Choice) -> CellSummary:
    cell = select(frames, **choice)
    name = (*cell_name(choice), f", {counted(cell.blocks, 'block')}")
    rates = failure_rates(cell.trials)
    return CellSummary(
        name=name,
        groups=list(_groups(rates)),
        table=_table(cell, rates),
        notes=list(_notes(frames, cell, ambient=bool(choice["identity"]))),
    )


def _groups(rates: pd.DataFrame) -> Iterator[Phrase]:
    ordered = rates.reset_index().sort_values(["rate", "trials"], ascending=[True, False], kind="stable")
    for _, group in ordered.groupby(["failures", "trials"], sort=False):
        row = group.to_dict("records")[0]
        names = listed(list(group["arm"].astype(str)[:NAMED_TOGETHER]), ", ")
        more = len(group) - NAMED_TOGETHER
        others = f" and {more} more" if more > 0 else ""
        each = " each" if len(group) > 1 else ""
        counts = f"{row['failures']:,} of {row['trials']:,} [{_interval(row)} %]"
        yield (*names, f"{others} failed {counts}{each}")


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{percent(row['low'])}–{percent(row['high'])}"  # noqa: RUF001 - from one number to another


def _table(cell: Cell, rates: pd.DataFrame) -> Table:
    heads = ("strategy", "failed", "% [95 % CI]", "median", "95th pct.", "failing")
    if rates.empty:
        return Table(heads, [])
    quantiles = persist_times(cell.trials)[["arm", "share", "time_ms"]].itertuples(
        index=False, name=None
    )
    times = {(str(arm), share): time_ms for arm, share, time_ms in quantiles}
    failing = failing_times(cell.trials)["mean_ms"].to_dict()
    rows: list[tuple[Part, ...]] = [
        (
            Value(row["arm"]),
            f"{row['failures']:,}/{row['trials']:,}",
            f"{percent(row['rate'])} [{_interval(row)}]",
            milliseconds(times[row["arm"], 0.5]),
            milliseconds(times[row["arm"], 0.95]),
            milliseconds(_known(failing[row["arm"]])),
        )
        for row in rates.reset_index().to_dict("records")
    ]
    return Table(heads, rows)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


# ---- what must be said with the numbers -------------------------------------------------------------


def _notes(frames: Frames, cell: Cell, *, ambient: bool) -> Iterator[Note]:
    for profile in map(str, cell.trials["profile"].unique()):
        evidence = _evidence(frames, cell, profile)
        if evidence:
            yield Note(evidence)
    if ambient:
        yield from _met_by_itself(cell)
    elif not cell.holds.empty:
        yield from _holds(cell)
    if cell.void_blocks:
        words = f"Void and left out: {counted(cell.void_blocks, 'block')}."
        yield Note((words,), "caution")
    if cell.harness_errors:
        words = (
            f"Left out of rates: {counted(cell.harness_errors, 'trial')} that ended as harness-error."
        )
        yield Note((words,), "fault")


def _evidence(frames: Frames, cell: Cell, profile: str) -> Phrase:
    """Which parameters of a profile are measured, which are bounds, which only assumed."""
    known = frames.profiles
    known = known[(known["profile"] == profile) & known["run"].isin(cell.trials["run"].unique())]
    if known.empty:
        return ()
    many = len(known["hold"].unique()) > 1
    kinds = []
    for kind in _KINDS:
        rows = known[known["evidence"] == kind].drop_duplicates(["hold", "parameter"])
        names = [
            f"{parameter} of hold {hold}" if many else str(parameter)
            for hold, parameter in zip(rows["hold"], rows["parameter"], strict=True)
        ]
        if names:
            kinds.append(f"{', '.join(names)} {'only assumed' if kind == 'assumed' else kind}")
    return ("Holds are ", Value(str(known["title"].iloc[0])), f": {'; '.join(kinds)}.")


def _met_by_itself(cell: Cell) -> Iterator[Note]:
    """How often something was in the way where nothing was injected."""
    first = cell.attempts[cell.attempts["attempt"] == 1]
    denied = first[first["winerror"].isin(HELD_CODES)]["trial"].nunique()
    low, high = wilson(denied, len(cell.trials))
    words = (
        f"Nothing is injected: something was in the way of the first attempt in {denied:,} of "
        f"{counted(len(cell.trials), 'trial')} [{percent(low)}–{percent(high)} %]. "  # noqa: RUF001
        "Strategies met whatever the machine did at the time; blocks pair them in time only."
    )
    yield Note((words,))


def _holds(cell: Cell) -> Iterator[Note]:
    """In how many blocks no hold met anything, and which holds could not be taken."""
    ready = cell.operations[["trial", "operation", "closed_ms"]]
    taken = cell.holds[cell.holds["opened_ms"].notna()].merge(
        ready, on=["trial", "operation"], suffixes=("", "_of_operation")
    )
    meets = taken["closed_ms"].isna() | (taken["closed_ms"] > taken["closed_ms_of_operation"])
    met = cell.trials[cell.trials.index.isin(taken.loc[meets, "trial"])]
    without = cell.blocks - met.groupby(list(BLOCK), observed=True).ngroups
    if without:
        words = (
            f"No hold met an operation in {without:,} of {counted(cell.blocks, 'block')}: there, every "
            "strategy succeeds at once."
        )
        yield Note((words,), "caution" if without == cell.blocks else "remark")
    refused = cell.holds[cell.holds["opened_ms"].isna()]["error"].dropna()
    refused = refused[~refused.isin((2, 3))]  # the file is gone: there was nothing left to hold
    if len(refused):
        codes = ", ".join(f"error {code} ({count:,})" for code, count in refused.value_counts().items())
        words = f"Holds that could not be taken, so that nothing was held: {codes}."
        yield Note((words,), "caution")


def _of_runs(frames: Frames) -> Iterator[Note]:
    """What is missing from the runs as wholes."""
    for name, run in frames.runs.iterrows():
        planned = run["planned"]
        missing = 0 if pd.isna(planned) else int(planned) - int(run["trials"])
        if missing > 0:
            words = f" is not finished: {counted(missing, 'planned trial')} not run yet."
            yield Note(("Run ", Value(str(name)), words), "caution")
        if run["torn"]:
            words = " was stopped while it wrote: its last line is cut off and left out."
            yield Note(("Run ", Value(str(name)), words), "caution")
        if not run["trials"]:
            yield Note(("Run ", Value(str(name)), " has no trials."), "caution")
    states = frames.runs["antivirus"].astype(str)
    unknown = states[(states == "unknown") & (frames.runs["platform"] == "windows")]
    if len(unknown):
        names = listed([str(name) for name in unknown.index], ", ")
        yield Note(("Nothing is proved about the antivirus of: ", *names, "."), "caution")


def _runs(frames: Frames) -> Table:
    heads = ("run", "platform", "started (UTC)", "trials", "antivirus", "harness", "seed")
    rows: list[tuple[Part, ...]] = []
    for name, run in frames.runs.iterrows():
        rules = f" ({run['rules']} rules)" if run["rules"] else ""
        planned = run["planned"]
        of = "" if pd.isna(planned) or planned == run["trials"] else f" of {planned:,}"
        evidence = Value(f"{run['antivirus']}: {run['antivirus_evidence']}".rstrip(": "))
        started = Value(str(run["started"])[:16].replace("T", " "))
        trials = f"{run['trials']:,}{of}"
        version = Value(str(run["harness_version"]))
        rows.append(
            (
                Value(str(name)),
                f"{run['platform']}{rules}",
                started,
                trials,
                evidence,
                version,
                str(np.int64(run["seed"])),
            )
        )
    return Table(heads, rows, texts=len(heads))


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "no"
