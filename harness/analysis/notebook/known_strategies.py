"""The strategies and margins that runs name, and those that the catalogue knows, for notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.analysis.notebook.display import say
from harness.analysis.paired import DEFAULT_MARGINS, Margins
from harness.errors import InvalidInputError
from harness.record.manifest import NAME, read_manifest
from harness.strategy import catalogue
from harness.strategy.lookup import get_strategy
from harness.strategy.schedules import timetable
from harness.text import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.analysis.selection import Case
    from harness.record.manifest import ScenarioEntry
    from harness.strategy.loop import Strategy


def margins_of(runs: Iterable[str], case: Case) -> Margins:
    """The margins that matter in a case, as the first of its runs states them; else the usual ones."""
    names = set(case.trials["scenario"].astype(str))
    for entry in _entries(runs):
        if entry.name in names:
            return Margins(failures=entry.scenario.margin.failures, time=entry.scenario.margin.time)
    return DEFAULT_MARGINS


def strategies_of(runs: Iterable[str]) -> dict[str, Strategy]:
    """The strategies of runs, by label, made anew. Says which cannot be made here, and why."""
    found: dict[str, Strategy] = {}
    for scenario in _entries(runs):
        for entry in scenario.strategies:
            if entry.label in found:
                continue
            if entry.source is not None:
                say(f"{entry.label} is defined by a Python file of its scenario, which is not run here.")
                continue
            try:
                found[entry.label] = get_strategy(entry.use, **entry.parameters)
            except InvalidInputError as error:
                say(f"{entry.label} cannot be made here: {error.message}.")
    return found


def strategies_named(names: Iterable[str]) -> dict[str, Strategy]:
    """Strategies by their names, policies and sentences among them. Says which there are not."""
    found = {}
    for name in names:
        try:
            found[name] = get_strategy(name)
        except InvalidInputError as error:
            say(f"{error.message}. {error.hint or ''}")
    return found


def shipped_strategies() -> dict[str, Strategy]:
    """What the systems of the catalogue do about renames, those with the shortest budgets first.

    One policy a system, its newest for a rename or a replacement. Says which systems try just once.
    """
    made: dict[str, tuple[float, Strategy]] = {}
    once = []
    for name, system in catalogue.systems().items():
        policy = next((each for each in system.policies if each.operation in _RENAMING), None)
        if policy is None:
            continue
        schedule = timetable(policy.strategy()).typical
        if len(schedule.attempts_ms) > 1:
            made[name] = schedule.budget_ms, policy.strategy()
        else:
            once.append(name)
    if once:
        say(f"Not drawn, because they try once and no more: {', '.join(once)}.")
    return {name: made[name][1] for name in sorted(made, key=lambda name: made[name][0])}


_RENAMING: Final = ("rename", "replace")


def budget_sentences(strategies: Mapping[str, Strategy]) -> Iterator[str]:
    """How far the budgets of strategies are apart, and who retries nothing."""
    if not strategies:
        yield "There is no strategy to draw."
        return
    schedules = {name: timetable(strategy).typical for name, strategy in strategies.items()}
    trying = {name: each for name, each in schedules.items() if len(each.attempts_ms) > 1}
    once = [name for name in schedules if name not in trying]
    if trying:
        least = min(trying, key=lambda name: trying[name].budget_ms)
        most = max(trying, key=lambda name: trying[name].budget_ms)
        first, last = (milliseconds(trying[name].budget_ms) for name in (least, most))
        yield (
            f"{len(trying)} of {len(strategies)} try again. Of these, {least} makes its last attempt "
            f"first, after {first}, and {most} last, after {last}."
        )
    if once:
        yield f"One attempt and no more: {', '.join(once)}."


def _entries(runs: Iterable[str]) -> Iterator[ScenarioEntry]:
    """The scenarios of runs; exports have none."""
    for run in runs:
        if (Path(run) / NAME).exists():
            yield from read_manifest(Path(run)).scenarios
