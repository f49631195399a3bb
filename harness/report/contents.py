"""The content of a report: what was run, what must be known first, and a section for each case.

It is drawn twice: as HTML on ``index.html`` and as Markdown for pull requests. Text of a run (names,
evidence) is a `Value`, apart from the project's own words, and each renderer escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from harness.analysis.case_summary import summarise_case
from harness.analysis.grouping import setting_name
from harness.analysis.selection import case_keys, select
from harness.platform.antivirus import Antivirus
from harness.summary.ambient import ambient_notes
from harness.summary.columns import TextTable, case_table
from harness.summary.model import RunAbout
from harness.summary.notes import Note, antivirus, case_notes, claims, run_notes
from harness.summary.phrase import Value, listed
from harness.summary.rate_words import rate_words
from harness.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.selection import Choice
    from harness.frames.definition import Frames
    from harness.summary.model import VariantSummary
    from harness.summary.phrase import Part, Phrase

NAMED_TOGETHER: Final = 6
"""Of variants with the same failures so many are named; the table has them all."""


@dataclass(frozen=True)
class Section:
    """One case. `groups` are its failure rates, lowest first, variants with the same rate together."""

    scenario: str
    profile: str
    extent: str
    groups: list[Phrase]
    table: TextTable
    notes: list[Note]

    @property
    def name(self) -> Phrase:
        """The case and its extent: ``numpy-wheel under dll-scan, emulated, …, 40 blocks``."""
        return (Value(self.scenario), " under ", Value(self.profile), f", {self.extent}")


@dataclass(frozen=True)
class Contents:
    """A whole report. `warnings` are what a reader must know before the numbers."""

    title: str
    runs: TextTable
    warnings: list[Note]
    sections: list[Section]
    claims: list[Note]


def contents_of(frames: Frames) -> Contents:
    """The content of a report of the runs that were loaded; nothing is pooled across cases."""
    sections = [_section(frames, key) for key in case_keys(frames)]
    runs = list(_runs(frames))
    platforms = sorted({run.platform for run in runs})
    about_runs = (
        (("Run ", Value(run.run), ": "), note)
        for run in runs
        for note in (*run_notes(run), antivirus(run))
    )
    about_cases = (((*section.name, ": "), note) for section in sections for note in section.notes)
    return Contents(
        title=_title(len(runs), platforms),
        runs=_table(runs),
        warnings=[
            Note((*about, *note.phrase), note.weight)
            for about, note in (*about_runs, *about_cases)
            if note.weight != "remark"
        ],
        sections=sections,
        claims=list(claims(platforms)),
    )


def _section(frames: Frames, key: Choice) -> Section:
    found = select(frames, **key)
    case = summarise_case(found)
    return Section(
        scenario=case.scenario,
        profile=case.profile,
        extent=f"{setting_name(found.key)}, {counted(case.blocks, 'block')}",
        groups=list(_groups(case.variants)),
        table=case_table(case),
        notes=[*case_notes(case), *ambient_notes(case)],
    )


def _groups(variants: Iterable[VariantSummary]) -> Iterator[Phrase]:
    def rate(variant: VariantSummary) -> tuple[float, int]:
        return variant.failure_rate, -variant.trials

    for _, group in groupby(sorted((each for each in variants if each.trials), key=rate), rate):
        found = list(group)
        names = listed(variant.name for variant in found[:NAMED_TOGETHER])
        more = len(found) - NAMED_TOGETHER
        others = f" and {more} more" if more > 0 else ""
        each = " each" if len(found) > 1 else ""
        yield (*names, f"{others}{each} failed {rate_words(found[0].failures, found[0].trials)}")


def _runs(frames: Frames) -> Iterator[RunAbout]:
    rows: list[dict[Any, Any]] = frames.runs.reset_index().to_dict("records")
    for run in rows:
        evidence = [run["antivirus_evidence"]] if run["antivirus_evidence"] else []
        yield RunAbout(
            run=run["run"],
            started=run["started"],
            platform=run["platform"],
            rules=run["rules"],
            seed=run["seed"],
            harness_version=run["harness_version"],
            antivirus=Antivirus(state=run["antivirus"], evidence=evidence),
            trials=run["trials"],
            planned_trials=None if pd.isna(run["planned"]) else run["planned"],
            torn=bool(run["torn"]),
        )


def _table(runs: Iterable[RunAbout]) -> TextTable:
    heads = ("run", "platform", "started (UTC)", "trials", "antivirus", "harness", "seed")
    return TextTable(heads, list(map(_row, runs)), left=(True,) * len(heads))


def _row(run: RunAbout) -> tuple[Part, ...]:
    planned = run.planned_trials
    of = "" if planned in {None, run.trials} else f" of {planned:,}"
    return (
        Value(run.run),
        f"{run.platform} ({run.rules} rules)" if run.rules else run.platform,
        Value(run.started[:16].replace("T", " ")),
        f"{run.trials:,}{of}",
        Value(": ".join([run.antivirus.state, *run.antivirus.evidence])),
        Value(run.harness_version),
        str(run.seed),
    )


def _title(runs: int, platforms: list[str]) -> str:
    names = " and ".join(filter(None, (", ".join(platforms[:-1]), *platforms[-1:]))) or "no"
    return f"{counted(runs, 'run')} on the {names} platform{'s' * (len(platforms) > 1)}"
