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

from harness.analysis.grouping import BLOCK, CASE
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

    from harness.analysis.selection import Case
    from harness.frames.definition import Frames
    from harness.summary.phrase import Part, Phrase

NAMED_TOGETHER: Final = 6
"""So many variants that failed equally often are named; the table has them all."""
_KINDS: Final = ("measured", "bound", "assumed")


@dataclass(frozen=True)
class Table:
    """Heads, and rows of as many cases. `texts` is how many columns, from the left, are no numbers."""

    heads: tuple[str, ...]
    rows: list[tuple[Part, ...]]
    texts: int = 1


@dataclass(frozen=True)
class CaseSummary:
    """One case: what it is called, what came of it, its table and its notes.

    `groups` say how often the variants failed, those that did least first; those that did equally often
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
    cases: list[CaseSummary]
    claims: list[Note]


def summarise(frames: Frames) -> Summary:
    """Sum up what was loaded, case by case; nothing is pooled across cases."""
    summaries = [_case(frames, choice) for choice in cases_of(frames)]
    runs = len(frames.runs)
    warnings = [*_of_runs(frames)]
    warnings += [
        Note((*case.name, ": ", *note.phrase), note.weight)
        for case in summaries
        for note in case.notes
        if note.weight != "remark"
    ]
    platforms = sorted(map(str, frames.runs["platform"].unique()))
    return Summary(
        title=f"{counted(runs, 'run')} on the {_and(platforms)} platform{'s' * (len(platforms) > 1)}",
        runs=_runs(frames),
        warnings=warnings,
        cases=summaries,
        claims=[Note((CLAIMS[platform],)) for platform in platforms] + [Note((QUANTILES,))],
    )


def cases_of(frames: Frames) -> list[Choice]:
    """The cases in the order of their first trials: each as what `harness.analysis.select` is given."""
    keys = frames.trials[list(CASE)].astype(str).drop_duplicates()
    return [cast("Choice", row) for row in keys.to_dict("records")]


def plain(phrase: Phrase) -> str:
    """A phrase as plain text, for what escapes it as a whole."""
    return "".join(part if isinstance(part, str) else part.text for part in phrase)


def case_name(choice: Choice) -> Phrase:
    """What a case is called: ``script-install under brief, on the wine platform (ntfs rules) …``."""
    rules = f" ({choice['rules']} rules)" if choice["rules"] else ""
    freshness = f", meeting {BYTES[choice['freshness']]}" if choice["freshness"] else ""
    return (
        Value(choice["scenario"]),
        " under ",
        Value(choice["profile"]),
        f" on the {choice['platform']} platform{rules}{freshness}, antivirus {choice['antivirus']}",
    )


def _case(frames: Frames, choice: Choice) -> CaseSummary:
    case = select(frames, **choice)
    name = (*case_name(choice), f", {counted(case.blocks, 'block')}")
    rates = failure_rates(case.trials)
    return CaseSummary(
        name=name,
        groups=list(_groups(rates)),
        table=_table(case, rates),
        notes=list(_notes(frames, case, ambient=bool(choice["freshness"]))),
    )


def _groups(rates: pd.DataFrame) -> Iterator[Phrase]:
    ordered = rates.reset_index().sort_values(["rate", "trials"], ascending=[True, False], kind="stable")
    for _, group in ordered.groupby(["failures", "trials"], sort=False):
        row = group.to_dict("records")[0]
        names = listed(list(group["variant"].astype(str)[:NAMED_TOGETHER]), ", ")
        more = len(group) - NAMED_TOGETHER
        others = f" and {more} more" if more > 0 else ""
        each = " each" if len(group) > 1 else ""
        counts = f"{row['failures']:,} of {row['trials']:,} [{_interval(row)} %]"
        yield (*names, f"{others} failed {counts}{each}")


def _interval(row: Mapping[Any, Any]) -> str:
    return f"{percent(row['low'])}–{percent(row['high'])}"  # noqa: RUF001 - from one number to another


def _table(case: Case, rates: pd.DataFrame) -> Table:
    heads = ("strategy", "failed", "% [95 % CI]", "median", "95th pct.", "failing")
    if rates.empty:
        return Table(heads, [])
    quantiles = persist_times(case.trials)[["variant", "share", "time_ms"]].itertuples(
        index=False, name=None
    )
    times = {(str(variant), share): time_ms for variant, share, time_ms in quantiles}
    failing = failing_times(case.trials)["mean_ms"].to_dict()
    rows: list[tuple[Part, ...]] = [
        (
            Value(row["variant"]),
            f"{row['failures']:,}/{row['trials']:,}",
            f"{percent(row['rate'])} [{_interval(row)}]",
            milliseconds(times[row["variant"], 0.5]),
            milliseconds(times[row["variant"], 0.95]),
            milliseconds(_known(failing[row["variant"]])),
        )
        for row in rates.reset_index().to_dict("records")
    ]
    return Table(heads, rows)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


# ---- what must be said with the numbers -------------------------------------------------------------


def _notes(frames: Frames, case: Case, *, ambient: bool) -> Iterator[Note]:
    for profile in map(str, case.trials["profile"].unique()):
        evidence = _evidence(frames, case, profile)
        if evidence:
            yield Note(evidence)
    if ambient:
        yield from _met_by_itself(case)
    elif not case.holds.empty:
        yield from _holds(case)
    if case.void_blocks:
        words = f"Void and left out: {counted(case.void_blocks, 'block')}."
        yield Note((words,), "caution")
    if case.harness_errors:
        words = (
            f"Left out of rates: {counted(case.harness_errors, 'trial')} that ended as harness-error."
        )
        yield Note((words,), "fault")


def _evidence(frames: Frames, case: Case, profile: str) -> Phrase:
    """Which parameters of a profile are measured, which are bounds, which only assumed."""
    known = frames.profiles
    known = known[(known["profile"] == profile) & known["run"].isin(case.trials["run"].unique())]
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


def _met_by_itself(case: Case) -> Iterator[Note]:
    """How often something was in the way where nothing was injected."""
    first = case.attempts[case.attempts["attempt"] == 1]
    denied = first[first["winerror"].isin(HELD_CODES)]["trial"].nunique()
    low, high = wilson(denied, len(case.trials))
    words = (
        f"Nothing is injected: something was in the way of the first attempt in {denied:,} of "
        f"{counted(len(case.trials), 'trial')} [{percent(low)}–{percent(high)} %]. "  # noqa: RUF001
        "Strategies met whatever the machine did at the time; blocks pair them in time only."
    )
    yield Note((words,))


def _holds(case: Case) -> Iterator[Note]:
    """In how many blocks no hold met anything, and which holds could not be taken."""
    ready = case.operations[["trial", "operation", "ready_ms"]]
    taken = case.holds[case.holds["opened_ms"].notna()].merge(ready, on=["trial", "operation"])
    meets = taken["released_ms"].isna() | (taken["released_ms"] > taken["ready_ms"])
    met = case.trials[case.trials.index.isin(taken.loc[meets, "trial"])]
    without = case.blocks - met.groupby(list(BLOCK), observed=True).ngroups
    if without:
        words = (
            f"No hold met an operation in {without:,} of {counted(case.blocks, 'block')}: there, every "
            "strategy succeeds at once."
        )
        yield Note((words,), "caution" if without == case.blocks else "remark")
    failed = case.holds[case.holds["opened_ms"].isna()]["error"].dropna()
    failed = failed[~failed.isin((2, 3))]  # the file is gone: there was nothing left to hold
    if len(failed):
        codes = ", ".join(f"error {code} ({count:,})" for code, count in failed.value_counts().items())
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
