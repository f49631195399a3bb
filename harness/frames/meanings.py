"""Refuse runs in which one name means different things: their trials would be pooled.

A file may have been changed between two runs, or two people may use one name. A strategy may be spelled
in two ways, and a citation or a title may differ: that changes no trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.holds.draw import case_key
from harness.record.manifest import Manifest, ScenarioEntry, StrategyEntry

_OF_A_TRIAL: Final = ("payload", "operations", "concurrency", "attempt_cost_ms", "run_again_after_ms")
"""What of a scenario makes a trial; the rest says how many there are, and what is told of them."""


class Meanings:
    """What the names in runs mean, by the first run that has them."""

    def __init__(self) -> None:
        self._scenarios: dict[str, tuple[Path, ScenarioEntry]] = {}
        self._profiles: dict[tuple[str, str], tuple[Path, str]] = {}
        self._strategies: dict[tuple[str, str], tuple[Path, StrategyEntry]] = {}

    def add(self, folder: Path, manifest: Manifest) -> None:
        """Take the names of a run; raise `InvalidInputError` for one that has another meaning before."""
        for scenario in manifest.scenarios:
            for difference in self._differences(folder, scenario):
                raise InvalidInputError(
                    difference,
                    hint="Their trials would be pooled. Load the runs apart, or give one of the two "
                    "another name and run it again.",
                )

    def _differences(self, folder: Path, mine: ScenarioEntry) -> Iterator[str]:
        other, theirs = self._scenarios.setdefault(mine.name, (folder, mine))
        for key in _OF_A_TRIAL:
            if getattr(mine.scenario, key) != getattr(theirs.scenario, key):
                yield f"the scenario {mine.name} has another {key} in {folder} than in {other}"
        for name, profile in mine.profiles.items():
            drawn_from = case_key(0, "", profile)
            other, theirs_drawn_from = self._profiles.setdefault((mine.name, name), (folder, drawn_from))
            if drawn_from != theirs_drawn_from:
                yield f"the profile {name} of {mine.name} has other holds in {folder} than in {other}"
        for strategy in mine.strategies:
            other, theirs_named = self._strategies.setdefault(
                (mine.name, strategy.label), (folder, strategy)
            )
            if _made_of(strategy, theirs_named) != _made_of(theirs_named, strategy):
                yield (
                    f"{strategy.label} in {mine.name} is {_in_words(strategy)} in {folder}, and "
                    f"{_in_words(theirs_named)} in {other}"
                )


def _made_of(strategy: StrategyEntry, other: StrategyEntry) -> object:
    """What makes a strategy the same: its notation, or where one of the two has none, its origin."""
    if strategy.notation and other.notation:
        return strategy.notation
    return strategy.use, strategy.parameters, strategy.source


def _in_words(strategy: StrategyEntry) -> str:
    return f'"{strategy.notation}"' if strategy.notation else f"made of {strategy.use}"
