"""The strategies that runs name, and those that the catalogue knows, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.analysis.notebook.display import say, say_exactly
from harness.errors import InvalidInputError
from harness.record.manifest import NAME, ScenarioEntry, read_manifest
from harness.strategy.lookup import catalogued, view_of
from harness.text import milliseconds

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView


def strategies_of(runs: Iterable[str]) -> list[StrategyView]:
    """Return the strategies of runs, named by their labels. Says which cannot be made here, and why."""
    found: dict[str, StrategyView] = {}
    for scenario in _entries(runs):
        for entry in scenario.strategies:
            if entry.label in found:
                continue
            if entry.source is not None:
                say(f"{entry.label} is defined by a Python file of its scenario, which is not run here.")
                continue
            try:
                found[entry.label] = replace(view_of(entry.use, **entry.parameters), name=entry.label)
            except InvalidInputError as error:
                say(f"{entry.label} cannot be made here: {error.message}.")
    return list(found.values())


def strategies_named(names: Iterable[str]) -> list[StrategyView]:
    """Return strategies by their names or notation. Says which do not exist."""
    found = []
    for name in names:
        try:
            found.append(view_of(name))
        except InvalidInputError as error:
            first, *pointing = error.message.splitlines()
            say(first if pointing else f"{first}.")
            if pointing:
                say_exactly("\n".join(pointing))
            say(error.hint or "")
    return found


def shipped_strategies() -> list[StrategyView]:
    """Return what the systems of the catalogue do about renames, the shortest budgets first.

    One strategy a system: the newest for a rename or a replacement. Says which make a single attempt.
    """
    newest: dict[str, StrategyView] = {}
    for view in catalogued():
        if view.entry is not None and view.operation in _RENAMING:
            newest.setdefault(view.entry.system, view)
    if once := [view.name for view in newest.values() if not _retries(view)]:
        say(f"Not drawn, because they make a single attempt: {', '.join(once)}.")
    return sorted(filter(_retries, newest.values()), key=lambda view: view.times.typical.budget_ms)


_RENAMING: Final = ("rename", "replace")


def _retries(view: StrategyView) -> bool:
    return view.times.retries


def budget_sentences(views: Sequence[StrategyView]) -> Iterator[str]:
    """Say how far the budgets of strategies are apart, and which retry nothing."""
    if not views:
        yield "There is no strategy to draw."
        return
    retrying = sorted(filter(_retries, views), key=lambda view: view.times.typical.budget_ms)
    if retrying:
        first, last = (
            milliseconds(view.times.typical.budget_ms) for view in (retrying[0], retrying[-1])
        )
        yield (
            f"{len(retrying)} of {len(views)} retry. Of these, {retrying[0].name} makes its last "
            f"attempt first, after {first}, and {retrying[-1].name} last, after {last}."
        )
    if once := [view.name for view in views if not _retries(view)]:
        yield f"A single attempt: {', '.join(once)}."


def _entries(runs: Iterable[str]) -> Iterator[ScenarioEntry]:
    """Yield the scenarios of runs; exports have none."""
    for run in runs:
        if (Path(run) / NAME).exists():
            yield from read_manifest(Path(run)).scenarios
