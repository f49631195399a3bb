"""The bytes that trials lay down: scanners remember what they have scanned.

See `harness.holds.profile.Freshness` for the three kinds of ambient case.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness.payload.prepare import Item
from harness.run.clearing import clear_away
from harness.run.plan import Trial
from harness.run.verify import files_below


class TrialPayloads:
    """The payloads of a run, as fresh as each trial needs them.

    `items` are those of each scenario, by its name. Warm bytes are laid down once in `folder` and read,
    before the first trial that uses them.
    """

    def __init__(self, run: str, items: Mapping[str, Sequence[Item]], folder: Path) -> None:
        self._run = run
        self._items = items
        self._folder = folder
        self._warm: dict[str, Sequence[Item]] = {}

    def items_of(self, trial: Trial) -> Sequence[Item]:
        """Wait for the quiet time of the profile, then return the items that `trial` lays down."""
        case = trial.case
        items = self._items[case.loaded.name]
        if case.freshness == "unique":
            items = [item.renewed(f"{self._run}/{trial.name}") for item in items]
        elif case.freshness == "warm":
            items = self._warm_items(case.loaded.name, case.quiet_s)
        if case.quiet_s:
            time.sleep(case.quiet_s)
        return items

    def _warm_items(self, scenario: str, quiet_s: float) -> Sequence[Item]:
        if scenario not in self._warm:
            items = [item.renewed(f"{self._run}/warm") for item in self._items[scenario]]
            self._warm[scenario] = items
            for number, item in enumerate(items):
                self._folder.mkdir(exist_ok=True)
                item.write(self._folder / str(number))
            read_all(self._folder)  # or a scanner's cache would stay cold
            time.sleep(quiet_s)
            clear_away(self._folder)
        return self._warm[scenario]


def read_all(folder: Path) -> None:
    """Read all files below a folder, as whatever uses them would. What is held is left out."""
    for path in files_below(str(folder)):
        with suppress(OSError):
            (folder / path).read_bytes()
