"""What a check found, as typed models: what ``harness check`` shows, and with ``--json`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, computed_field

from harness.check.judgement import Verdict
from harness.errors import ExitCode
from harness.summary.failure_rate import CountedFailures
from harness.summary.summary_model import SummaryModel
from harness.text import begun, counted, joined

SCHEMA: Final = 1
"""Version of the JSON."""
WORST_FIRST: Final[tuple[Verdict, ...]] = ("not as expected", "unknown", "as expected")


def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of some verdicts; of none, that nothing is other than expected."""
    return min(verdicts, key=WORST_FIRST.index, default="as expected")


class Checked(CountedFailures):
    """One expectation about one strategy under one profile, and whether it holds."""

    scenario: str
    """Name of the scenario."""
    profile: str
    """Name of the hold profile."""
    strategy: str
    """Label of the strategy."""
    factors: dict[str, str]
    """Values of factors that it is about; empty: all."""
    expected: str
    """What is expected, in words."""
    verdict: Verdict
    """``as expected``, ``not as expected`` or ``unknown``."""
    reason: str
    """Why it is not as expected, or unknown; else empty."""
    evidence: str
    """The failures with their 95 % interval, in words."""


class CheckedScenario(SummaryModel):
    """A scenario with all that is expected of it."""

    name: str
    """Name of the scenario."""
    title: str
    """One line about it."""
    reports: list[str]
    """Addresses of the public reports that it reproduces."""
    run: str | None
    """Folder of the run with its trials; ``null`` if none was made."""
    checks: list[Checked]
    """Expectations, in the order of the file."""

    @property
    def worst(self) -> Verdict:
        """The worst verdict of its checks."""
        return worst_of(each.verdict for each in self.checks)


class CheckReport(SummaryModel):
    """All expectations that were checked: the JSON of ``harness check --json``."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    """Version of the format."""
    platform: str
    """Platform of the calls and the holds."""
    scenarios: list[CheckedScenario]
    """Scenarios of which something is expected on that platform."""
    without: list[str]
    """Names of the scenarios of which nothing is."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[Verdict, int]:
        """Number of expectations by verdict."""
        found = Counter(each.verdict for one in self.scenarios for each in one.checks)
        return {verdict: found[verdict] for verdict in reversed(WORST_FIRST)}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def answer(self) -> str:
        """What was found, in one sentence."""
        return _answer(self.counts, len(self.scenarios), self.platform)

    @property
    def exit_code(self) -> ExitCode:
        """``OK`` only if all is as expected; a check of nothing has found nothing."""
        if self.counts["not as expected"]:
            return ExitCode.NOT_AS_EXPECTED
        if self.counts["unknown"] or not self.counts["as expected"]:
            return ExitCode.UNKNOWN
        return ExitCode.OK


def _answer(counts: Mapping[Verdict, int], scenarios: int, platform: str) -> str:
    total = sum(counts.values())
    where = f"of {counted(scenarios, 'scenario')} ({platform})"
    expectations = counted(total, "expectation")
    if not total:
        return f"Nothing was checked: no scenario expects anything on the {platform} platform."
    if counts["as expected"] == total:
        return f"As expected: {'all ' * (total > 1)}{expectations} {where}."
    others = [f"{counts[verdict]:,} {verdict}" for verdict in WORST_FIRST[:2] if counts[verdict]]
    return f"{begun(joined(others))}, of {expectations} {where}."
