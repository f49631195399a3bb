"""Two strategies side by side: which of their trials are compared, and as how many they count.

Terminal, report and notebooks pair trials here, whether they come from records or from data frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.errors import InvalidInputError
from harness.scenario.model import Margin
from harness.summary.statistics import effective_number
from harness.summary.trial_row import TrialRow


@dataclass(frozen=True)
class Setting:
    """What differences mean in a case.

    `resolution_ms`: smaller differences of time are none, for the platform cannot tell them.
    `is_virtual`: this is the time that a call is assumed to take. `margin` is the scenario's own.
    `injected`: whether holds are injected.
    """

    resolution_ms: float
    is_virtual: bool
    margin: Margin
    injected: bool

    def same_within_ms(self, more_calls: int) -> float:
        """The largest difference of time that is none, where one of two makes so many calls more.

        On a virtual clock, that a call might take another time counts once for each of those calls.
        """
        return self.resolution_ms * max(more_calls, 1) if self.is_virtual else self.resolution_ms


Trials = Mapping[Hashable, TrialRow]
"""The trials of a strategy by block and factors."""
PairedTrial = tuple[TrialRow, TrialRow]


def trials_by_block(rows: Iterable[TrialRow]) -> Trials:
    """The trials of one strategy, or of one variant.

    Raises `InvalidInputError` if there are two with the same block and factors.
    """
    found: dict[Hashable, TrialRow] = {}
    for row in rows:
        key = row.block, row.factors
        if key in found:
            raise InvalidInputError(
                "a variant is more than once in the same block of the same run",
                hint="Was a run loaded twice? Load each run folder once.",
            )
        found[key] = row
    return found


@dataclass(frozen=True)
class Pair:
    """The trials of two strategies: the first is compared with the second."""

    first: Trials
    second: Trials

    @cached_property
    def common(self) -> list[PairedTrial]:
        """The trials of both in the same block, with the same factors."""
        second = self.second
        return [(mine, second[key]) for key, mine in self.first.items() if key in second]

    @property
    def blocks(self) -> int:
        """Number of blocks that both ran."""
        return len({mine.block for mine, _ in self.common})

    @cached_property
    def is_paired(self) -> bool:
        """Whether they share enough trials to be compared block by block.

        Half of the trials of the one with fewer: less of them says less than all as independent samples.
        """
        return 2 * len(self.common) >= min(len(self.first), len(self.second))

    @property
    def draws(self) -> int:
        """Number of different draws of the holds in what is compared."""
        rows = [mine for mine, _ in self.common]
        if not self.is_paired:
            rows = [*self.first.values(), *self.second.values()]
        return len({row.draw for row in rows})

    @property
    def number(self) -> float:
        """As how many independent ones the trials in common count."""
        return independent(mine for mine, _ in self.common)


def independent(rows: Iterable[TrialRow]) -> float:
    """As how many independent trials these count: `effective_number` of their draws."""
    return effective_number(Counter(row.draw for row in rows).values())
