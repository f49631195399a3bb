"""Refuse runs in which one name means different things: their trials would be pooled.

A file may have been changed between two runs, or two people may use one name. A strategy may be spelled
in two ways, and a citation or a title may differ: that changes no trial.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.errors import InvalidInputError
from harness.holds.draw import case_key
from harness.record.manifest import Manifest, ScenarioEntry, StrategyEntry


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
        for key in mine.other_parts(theirs):
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
            if not strategy.is_made_as(theirs_named):
                yield (
                    f"{strategy.label} in {mine.name} is {_in_words(strategy)} in {folder}, and "
                    f"{_in_words(theirs_named)} in {other}"
                )


def _in_words(strategy: StrategyEntry) -> str:
    return f'"{strategy.notation}"' if strategy.notation else f"made of {strategy.use}"
