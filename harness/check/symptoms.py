"""Reports by their symptom: what is seen, who fails with it, and what helps, as `expect` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.scenario.load import REPORTS, load_scenarios, report_names
from harness.summary.trial_row import HARM

if TYPE_CHECKING:
    from harness.scenario.expect_model import Expectation
    from harness.scenario.load import LoadedScenario
    from harness.scenario.model import StrategyChoice


@dataclass(frozen=True)
class Tried:
    """A strategy of a report."""

    label: str
    """Label of the strategy."""
    notation: str | None
    """The strategy in notation; ``null`` where the label is one, or the name of a strategy."""


@dataclass(frozen=True)
class Reported:
    """A public report that can be run: its symptom, and what its expectations say."""

    name: str
    """Name of the scenario."""
    title: str
    """One line about it."""
    symptom: str | None
    """The error as people see it; ``null`` where there is none."""
    about: str
    """What was reported, and what is assumed."""
    reports: list[str]
    """Addresses of the report, and of what belongs to it."""
    codes: list[int]
    """Win32 codes that failures end with, the first expectation's first."""
    fails: list[Tried]
    """Strategies that fail always or often."""
    helps: list[Tried]
    """Strategies that never fail, or seldom."""
    keeps: list[Tried]
    """Strategies that fail, too, but keep the old content, which others lose."""


def shipped_reports() -> list[Reported]:
    """Load the shipped public reports, by name."""
    return [
        reported(loaded) for loaded in load_scenarios([f"{REPORTS}/{each}" for each in report_names()])
    ]


def reported(loaded: LoadedScenario) -> Reported:
    """Return what the expectations of a scenario say to somebody who has its symptom."""
    scenario = loaded.scenario
    choices = {choice.display: _tried(choice) for choice in scenario.strategies}
    expected = scenario.expect
    loses = any(HARM & {*(each.left or ())} for each in expected)
    helps = dict.fromkeys(_strategies(filter(_succeeds, expected)))
    keeps = dict.fromkeys(
        _strategies(
            each for each in expected if loses and {*(each.left or ["lost"])} <= {"old", "in-place"}
        )
    )
    fails = dict.fromkeys(_strategies(each for each in expected if not _succeeds(each)))
    return Reported(
        name=loaded.name,
        title=scenario.title,
        symptom=scenario.symptom,
        about=" ".join(scenario.about.split()),
        reports=scenario.reports,
        codes=list(dict.fromkeys(code for each in expected for code in each.codes or ())),
        fails=[choices[label] for label in fails if label not in {*helps, *keeps}],
        helps=[choices[label] for label in helps],
        keeps=[choices[label] for label in keeps],
    )


def _strategies(expected: Iterable[Expectation]) -> Iterator[str]:
    for each in expected:
        yield from each.strategies


def _succeeds(expected: Expectation) -> bool:
    """Whether a strategy is expected to succeed in most cases."""
    seldom = expected.at_least is None and (expected.at_most or 0.0) < 0.5  # noqa: PLR2004 - most
    return expected.fails == "never" or (expected.fails == "sometimes" and seldom)


def _tried(choice: StrategyChoice) -> Tried:
    notation = choice.parameters.get("strategy")
    return Tried(choice.display, None if notation in {None, choice.display} else str(notation))
