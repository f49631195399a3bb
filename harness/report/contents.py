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
from harness.analysis.selection import case_keys, select
from harness.summary.ambient import ambient_notes
from harness.summary.columns import case_table
from harness.summary.notes import Note, antivirus, case_notes, claims, run_notes
from harness.summary.phrase import Value
from harness.summary.rate_words import failure_groups
from harness.text import counted

if TYPE_CHECKING:
    from harness.analysis.selection import Choice
    from harness.frames.definition import Frames
    from harness.summary.columns import TextTable
    from harness.summary.phrase import Phrase


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
        claims=list(claims(platforms)),
    )


def _section(frames: Frames, key: Choice) -> Section:
    found = select(frames, **key)
    case = summarise_case(found)
    return Section(
        scenario=case.scenario,
        profile=case.profile,
        extent=f"{setting_name(found.key)}, {counted(case.blocks, 'block')}",
        groups=list(failure_groups(case.variants)),
        table=case_table(case),
        notes=[*case_notes(case), *ambient_notes(case)],
    )


def _title(runs: int, platforms: list[str]) -> str:
    names = " and ".join(filter(None, (", ".join(platforms[:-1]), *platforms[-1:]))) or "no"
    return f"{counted(runs, 'run')} on the {names} platform{'s' * (len(platforms) > 1)}"
