"""Which bytes the trials of an ambient case bring: scanners remember what they saw.

See `harness.holds.profile.Freshness` for the three kinds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.run.clearing import clear_away

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.payload.prepare import Item
    from harness.run.plan import Trial


class Meeting:
    """How the payloads of a run meet the machine's scanner. `folder` is for a first meeting."""

    def __init__(self, run: str, items: Mapping[str, Sequence[Item]], folder: Path) -> None:
        self._run = run
        self._items = items
        self._folder = folder
        self._warm: dict[str, Sequence[Item]] = {}

    def items_of(self, trial: Trial) -> Sequence[Item]:
        """The items that `trial` lays down, after the quiet time of its profile."""
        case = trial.case
        items = self._items[case.loaded.name]
        if case.freshness == "unique":
            items = [item.renewed(f"{self._run}/{trial.trial_id}") for item in items]
        elif case.freshness == "warm":
            items = self._met_before(case.loaded.name, items)
        if case.quiet_s:
            time.sleep(case.quiet_s)
        return items

    def _met_before(self, scenario: str, items: Sequence[Item]) -> Sequence[Item]:
        """The same bytes in all trials, laid down once before the first of them."""
        if scenario not in self._warm:
            self._warm[scenario] = [item.renewed(f"{self._run}/warm") for item in items]
            for number, item in enumerate(self._warm[scenario]):
                self._folder.mkdir(exist_ok=True)
                item.write(self._folder / str(number))
            clear_away(self._folder)
        return self._warm[scenario]
