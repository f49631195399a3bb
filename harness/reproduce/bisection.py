"""The findings of bisecting releases as typed models: they are shown, and printed with ``--json``."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, computed_field

from harness.errors import ExitCode
from harness.reproduce.change_search import Verdict
from harness.reproduce.ending import Ending
from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome
from harness.summary.summary_model import SummaryModel
from harness.text import counted, joined

GOOD: Final[frozenset[Ending]] = frozenset({"ok", "recovered"})
"""Endings of a release that copes with what was denied."""


def verdict_on(outcome: ReleaseOutcome) -> Verdict:
    """Return whether a release copes with what was denied."""
    if outcome.ending == "unknown":
        return "unknown"
    return "good" if outcome.ending in GOOD else "bad"


class ReleaseChange(SummaryModel):
    """Two releases, one after the other, of which one copes and the other does not."""

    first: str
    """The first release that is otherwise."""
    ending: Ending
    """How it ended."""
    before: str
    """The last one before it."""
    ending_before: Ending
    """How that one ended."""
    between: list[str]
    """Releases between them of which it is unknown."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def becomes(self) -> Literal["fixed", "broken"]:
        """What the first one is."""
        return "fixed" if self.ending in GOOD else "broken"

    @property
    def words(self) -> str:
        """It in words: ``0.5.11 is the first fixed release (ok); 0.5.10 is not (failed)``."""
        fixed = self.becomes == "fixed"
        old = "is not" if fixed else "is fine"
        gap = f"; of {joined(self.between, most=4)} it is unknown" if self.between else ""
        return (
            f"{self.first} is the first {self.becomes} release ({self.ending}); "
            f"{self.before} {old} ({self.ending_before}){gap}"
        )


class ProgramBisection(SummaryModel):
    """Where the releases of one program scenario change."""

    program: ProgramOutcome
    """The scenario, with the releases that ran, in the order of the file."""
    changes: list[ReleaseChange]
    """Changes, in order."""
    not_run: list[str]
    """Releases that did not need to run."""
    announced: str | None = None
    """The release that was announced to fix it; ``null``: nothing is known of that."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def monotone(self) -> bool:
        """Whether there is at most one change among the releases that ran."""
        return len(self.changes) <= 1

    @computed_field  # type: ignore[prop-decorator]
    @property
    def answer(self) -> str:
        """What was found, in one or two sentences."""
        if self.changes:
            found = "; ".join(each.words for each in self.changes)
            several = f". Not monotone: {counted(len(self.changes), 'change')}"
            return f"{found}{'' if self.monotone else several}.{self._otherwise}"
        known = [each for each in self.program.releases if each.ending != "unknown"]
        if not known:
            return "Unknown: no release could be run."
        endings = joined(list(dict.fromkeys(each.ending for each in known)))
        return f"No change among {counted(len(known), 'release')}: {endings}.{self._otherwise}"

    @property
    def _otherwise(self) -> str:
        """That another release was announced; empty if it is that one."""
        fixed = [each.first for each in self.changes if each.becomes == "fixed"]
        if self.announced is None or self.announced in fixed:
            return ""
        return f" Announced for {self.announced}."

    @property
    def exit_code(self) -> ExitCode:
        """``OK`` if a change was found, ``UNKNOWN`` if nothing could be run."""
        if self.changes:
            return ExitCode.OK
        known = any(each.ending != "unknown" for each in self.program.releases)
        return ExitCode.NOT_AS_EXPECTED if known else ExitCode.UNKNOWN


class BisectReport(SummaryModel):
    """Everything that was found: the JSON of ``harness reproduce --bisect --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Version of the format."""
    programs: list[ProgramBisection]
    """Scenarios, in the order in which they were named."""

    @property
    def exit_code(self) -> ExitCode:
        """``OK`` if each scenario has a change."""
        return max((each.exit_code for each in self.programs), default=ExitCode.OK)
