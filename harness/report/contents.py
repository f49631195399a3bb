"""The content of a report: what was run, what must be known first, and a section for each case.

It is drawn twice: as HTML on ``index.html`` and as Markdown for pull requests. Text of a run (names,
evidence) is a `Value`, apart from the project's own words, and each renderer escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.analysis.case_summary import summarise_case
from harness.analysis.grouping import setting_name
from harness.analysis.run_summary import runs_of, runs_table
from harness.analysis.selection import Choice, case_keys, select
from harness.analysis.trade_offs import trade_offs
from harness.report.frontiers import frontier_table
from harness.summary.ambient import ambient_notes
from harness.summary.columns import TextTable, case_table
from harness.summary.conclude_run import conclude_run
from harness.summary.notes import Note, antivirus, case_notes, claims, run_notes
from harness.summary.phrase import Phrase, Value, case_name, listed
from harness.text import counted

if TYPE_CHECKING:
    from harness.analysis.trade_offs import TradeOff
    from harness.frames.definition import Frames
    from harness.report.frontiers import Denials
    from harness.summary.conclusion import RunConclusion
    from harness.summary.model import CaseSummary, RunAbout

NAMED: Final = 3
"""So many scenarios are named in the title."""


@dataclass(frozen=True)
class Section:
    """One case, and its extent: ``wine (ntfs rules), antivirus unknown, 40 blocks``."""

    case: CaseSummary
    extent: str
    trade_offs: Sequence[TradeOff] = ()

    @property
    def frontier(self) -> TextTable:
        """The variants that no other one beats in failures, added wait and time on a denial at once."""
        return frontier_table(self.trade_offs)

    @property
    def name(self) -> Phrase:
        """The case and its extent: ``numpy-wheel under dll-scan, emulated, …, 40 blocks``."""
        return (*case_name(self.case.scenario, self.case.profile), f", {self.extent}")

    @property
    def key(self) -> str:
        """What a reader may look for it by: scenario, profile, platform and antivirus."""
        return f"{self.case.scenario} under {self.case.profile}, {self.extent}"

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
    """A whole report: its title, and `about` in a line what its runs are.

    `over_all` is the conclusion over all cases of one platform; ``None`` for a single case or several
    platforms. `warnings` are what a reader must know before the numbers.
    """

    title: Phrase
    about: str
    over_all: RunConclusion | None
    runs: TextTable
    warnings: list[Note]
    sections: list[Section]
    claims: list[Note]


def contents_of(frames: Frames, denials: Denials | None = None) -> Contents:
    """The content of a report of the runs that were loaded; nothing is pooled across cases.

    `denials` is how long their strategies go on: without it there are no frontiers.
    """
    sections = [_section(frames, key, denials or {}) for key in case_keys(frames)]
    runs = runs_of(frames)
    platforms = sorted({run.platform for run in runs})
    about_runs = (
        (("Run ", Value(run.run), ": "), note)
        for run in runs
        for note in (*run_notes(run), antivirus(run))
    )
    about_cases = (((*section.name, ": "), note) for section in sections for note in section.notes)
    return Contents(
        title=_title([section.case.scenario for section in sections], platforms, runs),
        about=_about(runs, len(sections)),
        over_all=_over_all([section.case for section in sections]),
        runs=runs_table(runs),
        warnings=[
            Note((*about, *note.phrase), note.weight)
            for about, note in (*about_runs, *about_cases)
            if note.weight != "remark"
        ],
        sections=sections,
        claims=list(claims(section.case for section in sections)),
    )


def _section(frames: Frames, key: Choice, denials: Denials) -> Section:
    found = select(frames, **key)
    case = summarise_case(found)
    extent = f"{setting_name(found.key)}, {counted(case.blocks, 'block')}"
    return Section(case, extent, trade_offs(found, denials.get(case.scenario, {})))


def _over_all(cases: Sequence[CaseSummary]) -> RunConclusion | None:
    if len(cases) < 2 or len({(case.platform, case.rules) for case in cases}) > 1:  # noqa: PLR2004
        return None
    return conclude_run([case.conclusion for case in cases], cases[0].platform)


def _title(scenarios: Sequence[str], platforms: Sequence[str], runs: Sequence[RunAbout]) -> Phrase:
    """The title: ``script-install and numpy-wheel, emulated, 2026-03-01``."""
    names = list(dict.fromkeys(scenarios))
    more = len(names) - NAMED
    named = listed(names[:NAMED]) or ("No trials",)
    days = sorted({run.started[:10] for run in runs})
    when = " to ".join(dict.fromkeys((days[0], days[-1]))) if days else ""
    others = f" and {more} more" if more > 0 else ""
    return (
        *named,
        ", ".join([others, *platforms, when]) if others else f", {', '.join([*platforms, when])}",
    )


def _about(runs: Sequence[RunAbout], cases: int) -> str:
    trials = counted(sum(run.trials for run in runs), "trial")
    return f"A report of {counted(len(runs), 'run')}: {counted(cases, 'case')}, {trials}."
