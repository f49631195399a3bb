"""The findings of reproducing reports as typed models: they are shown, and printed with ``--json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, computed_field

from harness.errors import ExitCode
from harness.reproduce.ending import Ending
from harness.reproduce.lab_names import LabName
from harness.summary.summary_model import SummaryModel
from harness.text import begun, counted, joined

Reproduction = Literal["reproduced", "not reproduced", "unknown"]
WORST_FIRST: Final[tuple[Reproduction, ...]] = ("not reproduced", "unknown", "reproduced")

EXIT_CODES: Final[Mapping[Reproduction, ExitCode]] = {
    "reproduced": ExitCode.OK,
    "not reproduced": ExitCode.NOT_AS_EXPECTED,
    "unknown": ExitCode.UNKNOWN,
}


def worst_of(found: Iterable[Reproduction]) -> Reproduction:
    """Return the worst of what was found; of nothing, that it is unknown."""
    return min(found, key=WORST_FIRST.index, default="unknown")


class SeenAttempt(SummaryModel):
    """One call on what was denied."""

    at_ms: float
    """Time since the first attempt on anything that was denied."""
    denied: bool
    """Whether it was denied; of the others, `error` says how they ended."""
    error: int
    """The errno that the call failed with; 0: it succeeded."""


class ReleaseOutcome(SummaryModel):
    """How one release did."""

    version: str
    """The release."""
    ending: Ending
    """How the run under denials ended."""
    reason: str
    """Why that is so: the program's own words, or what is missing."""
    exit_code: int | None
    """Exit code of that run; ``null`` if it was ended, or not made."""
    elapsed_s: float
    """Length of that run."""
    attempts: list[SeenAttempt] | None
    """Calls on what was denied, in order; ``null``: they were not seen, as on Windows, or not made."""
    denied_by: str | None = None
    """How calls were denied that are not seen: the holds, and for how long; else ``null``."""
    left_besides: list[str]
    """Files that an undisturbed run does not leave."""
    expected: list[Ending]
    """Endings of which one is expected; none: nothing is expected of this release."""
    found: Reproduction
    """Whether it is as expected; of attempts that were not seen, nothing is judged."""
    why: str
    """Why not, or why that is unknown; else empty."""

    @property
    def seen(self) -> list[SeenAttempt]:
        """The attempts as far as they were seen."""
        return self.attempts or []


class ProgramOutcome(SummaryModel):
    """How the releases of one program scenario did."""

    name: str
    """Name of the scenario."""
    title: str
    """One line about it."""
    reports: list[str]
    """Addresses of the reports."""
    lab: LabName
    """``wine``: a program for Windows under Wine; ``linux``: a native one, denied by errno only;
    ``windows``: a program on Windows, denied by real holds; ``wine-holds``: that lab under Wine."""
    scenario_sha256: str
    """Hash of the scenario's text."""
    releases: list[ReleaseOutcome]
    """Releases, in the order of the file."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def found(self) -> Reproduction:
        """The worst of its releases."""
        return worst_of(each.found for each in self.releases if each.expected)


class ReproduceReport(SummaryModel):
    """Everything that was found: the JSON of ``harness reproduce --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = 1
    """Version of the format."""
    programs: list[ProgramOutcome]
    """Scenarios, in the order in which they were named."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[Reproduction, int]:
        """Number of scenarios by what was found."""
        found = Counter(each.found for each in self.programs)
        return {each: found[each] for each in reversed(WORST_FIRST)}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def answer(self) -> str:
        """What was found, in one sentence."""
        total = len(self.programs)
        if self.counts["reproduced"] == total:
            return f"Reproduced: {'all ' * (total > 1)}{counted(total, 'report')}."
        others = [f"{self.counts[each]:,} {each}" for each in WORST_FIRST[:2] if self.counts[each]]
        return f"{begun(joined(others))}, of {counted(total, 'report')}."

    @property
    def exit_code(self) -> ExitCode:
        """``OK`` only if all was reproduced."""
        return EXIT_CODES[worst_of(each.found for each in self.programs)]
