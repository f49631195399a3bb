"""The content of a report: what was run, what must be known first, and a section for each case.

It is drawn twice: as HTML on ``index.html`` and as Markdown for pull requests. Text of a run (names,
evidence) is a `Value`, apart from the project's own words, and each renderer escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.case_summary import summarise_case
from harness.analysis.grouping import setting_name
from harness.analysis.run_summary import runs_of, runs_table
from harness.analysis.selection import Choice, case_keys, select
from harness.summary.ambient import ambient_notes
from harness.summary.columns import TextTable, case_table
from harness.summary.notes import Note, antivirus, case_notes, claims, run_notes
from harness.summary.phrase import Phrase, Value
from harness.summary.rate_words import failure_groups
from harness.text import counted, joined

if TYPE_CHECKING:
    from harness.frames.definition import Frames
    from harness.summary.model import CaseSummary


@dataclass(frozen=True)
class Section:
    """One case, and its extent: ``emulated, antivirus unknown, 40 blocks``."""

    case: CaseSummary
    extent: str

    @property
    def name(self) -> Phrase:
        """The case and its extent: ``numpy-wheel under dll-scan, emulated, …, 40 blocks``."""
        return (Value(self.case.scenario), " under ", Value(self.case.profile), f", {self.extent}")

    @property
    def groups(self) -> list[Phrase]:
        """The failure rates, lowest first, variants with the same failures together."""
        return list(failure_groups(self.case.variants))

    @property
    def table(self) -> TextTable:
        """The table of the case."""
        return case_table(self.case)

    @property
    def notes(self) -> list[Note]:
        """All notes on the case."""
        return [*case_notes(self.case), *ambient_notes(self.case)]


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
    runs = runs_of(frames)
    platforms = sorted({run.platform for run in runs})
    about_runs = (
        (("Run ", Value(run.run), ": "), note)
        for run in runs
        for note in (*run_notes(run), antivirus(run))
    )
    about_cases = (((*section.name, ": "), note) for section in sections for note in section.notes)
    return Contents(
        title=_title(len(runs), platforms),
        runs=runs_table(runs),
        warnings=[
            Note((*about, *note.phrase), note.weight)
            for about, note in (*about_runs, *about_cases)
            if note.weight != "remark"
        ],
        sections=sections,
        claims=list(claims(section.case for section in sections)),
    )


def _section(frames: Frames, key: Choice) -> Section:
    found = select(frames, **key)
    case = summarise_case(found)
    return Section(case, f"{setting_name(found.key)}, {counted(case.blocks, 'block')}")


def _title(runs: int, platforms: list[str]) -> str:
    names = joined(platforms) or "no"
    return f"{counted(runs, 'run')} on the {names} platform{'s' * (len(platforms) > 1)}"
