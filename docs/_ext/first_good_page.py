"""The first good releases as Markdown: what was announced to be fixed, and what running showed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_tables import escaped, table

from harness.reproduce.change_search import Change
from harness.reproduce.expected_changes import expected_changes, expected_verdict
from harness.reproduce.load_programs import LoadedProgram, load_programs, program_names
from harness.reproduce.model import ProgramScenario
from harness.text import begun, joined

HEADS = ("what is held, and how long", "announced for", "by running", "scenario")


def first_good_page() -> Iterator[str]:
    """Yield the page, line by line: those whose announcement did not hold first."""
    programs = [
        each for each in load_programs(program_names()) if len(each.scenario.expected_versions) > 1
    ]
    announced = [each for each in programs if each.scenario.announced is not None]
    late = [each for each in announced if not as_announced(each.scenario)]
    names = joined([f"`{each.name}`" for each in late])
    yield (
        f"{len(late):,} of {len(announced):,} fixes did not fix their write path in the release that "
        f"announced them: {names}."
    )
    yield ""
    order = sorted(programs, key=lambda each: _rank(each.scenario))
    yield from table(HEADS, map(_cells, order))


def as_announced(scenario: ProgramScenario) -> bool:
    """Whether the first good release is the one that was announced."""
    fixed = [each.first for each in expected_changes(scenario) if _fixes(scenario, each)]
    return scenario.announced is not None and scenario.announced.release in fixed


def _rank(scenario: ProgramScenario) -> int:
    if scenario.announced is None:
        return 2
    return 1 if as_announced(scenario) else 0


def _cells(program: LoadedProgram) -> Sequence[str]:
    scenario = program.scenario
    announced = "-"
    if scenario.announced is not None:
        announced = f"{scenario.announced.release}: {escaped(scenario.announced.by)}"
    return escaped(scenario.title), announced, _by_running(scenario), f"`{program.name}`"


def _by_running(scenario: ProgramScenario) -> str:
    found = [
        f"**{each.first}** is {'fixed' if _fixes(scenario, each) else 'broken'}, {each.before} is not"
        for each in expected_changes(scenario)
    ]
    if found:
        return begun(joined(found, "; ")).replace(", **", "; **")
    good = expected_verdict(scenario, scenario.expected_versions[0]) == "good"
    return f"{joined(scenario.expected_versions)}: {'all cope' if good else 'none copes'}"


def _fixes(scenario: ProgramScenario, change: Change) -> bool:
    return expected_verdict(scenario, change.first) == "good"
