"""Where a scenario expects releases to change: which is the first that is fixed, or broken again."""

from __future__ import annotations

from harness.reproduce.bisection import GOOD
from harness.reproduce.change_search import Change, Verdict, changes
from harness.reproduce.model import ProgramScenario


def expected_changes(scenario: ProgramScenario) -> list[Change]:
    """Return the changes between the releases that something is expected of, in order."""
    versions = scenario.expected_versions
    return changes(versions, lambda version: expected_verdict(scenario, version), versions)


def expected_verdict(scenario: ProgramScenario, version: str) -> Verdict:
    """Return whether a release is expected to cope; unknown if it may end either way."""
    endings = {ending for each in scenario.expect if version in each.releases for ending in each.endings}
    if endings <= GOOD:
        return "good"
    return "unknown" if endings & GOOD else "bad"
