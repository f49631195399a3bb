"""The places of an install that moves an old version away for a new one, and what is at each.

Its operations alone would not tell: the old version may be under another name, or under both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.record.trial_record import DestState, PlaceRecord
from harness.run.steps import InstallSite, Step, step_of
from harness.run.verify import Verifier
from harness.strategy.tree_methods import MARKER


class SwappedPlaces:
    """The places of one item. Make it once the item is staged: it notes where something was."""

    def __init__(self, site: InstallSite) -> None:
        self.site = site
        steps = list(_steps(site))
        brought = [step for step in steps if step.spec.brings]
        self.destination = (brought or steps)[-1].place
        places = [path for step in steps for path in _places_of(step)]
        self.had = {path: os.path.lexists(path) for path in dict.fromkeys(places)}
        self.marker = MARKER if any(step.strategy.method for step in steps) else None

    def state(self, place: Path, verifier: Verifier) -> DestState:
        """Return what is at a place now. Raises `OSError`."""
        return verifier.state(place, self.site.item, self.site.old, marker=self.marker)

    def record(self, place: Path, state: DestState) -> PlaceRecord:
        """Return the record of a place that is in this state."""
        return PlaceRecord(
            item=self.site.item.name,
            place=place.relative_to(self.site.root).as_posix(),
            is_destination=place == self.destination,
            before="old" if self.had[place] else "missing",
            after=state,
        )


def _steps(site: InstallSite) -> Iterator[Step]:
    for spec in site.operations:
        yield step_of(site, spec)
        yield from (step_of(site, each) for each in spec.on_failure)


def _places_of(step: Step) -> Iterator[Path]:
    """Yield what a step moves from, unless that is a temporary place, and to."""
    if step.spec.works_on_old:
        yield step.source
    yield step.place


def is_superseded(steps: Sequence[Step], number: int) -> bool:
    """Whether a later one of the `steps` that began changed the place of this one."""
    step = steps[number]
    return any(
        later.site.item is step.site.item and step.place in {later.source, later.place}
        for later in steps[number + 1 :]
    )
