"""What a trial left: at the destinations, at the places of an old version, and of temporary files.

In real time, and on Windows, files may still be held, or be taken for a virus: such a state is ``held``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from harness.errors import FULL
from harness.platform.base import Platform
from harness.record.trial_record import DestState, Leftovers, PlaceRecord
from harness.run.operation_run import OperationRun
from harness.run.steps import TEMPORARY_PREFIX
from harness.run.swapped_places import SwappedPlaces
from harness.run.verify import Verifier, is_held, leftovers
from harness.scenario.names import STAGING
from harness.winerror import virus_verdict


class Inspection:
    """One look at what is there; make another one once something has changed.

    `verdict` is what a scanner said of a file that was read, `fault` why the folder could not be read.
    """

    def __init__(self, platform: Platform) -> None:
        self.is_real_time = platform.is_real_time
        self.verifier = Verifier(links=not platform.is_real_time)
        self.verdict: str | None = None
        self.fault: str | None = None

    def states(self, operations: Sequence[OperationRun], *, lightly: bool = False) -> list[DestState]:
        """Return what is at each destination. `lightly`: the install will go on, so read little."""
        states: list[DestState] = []
        for operation in operations:
            target = operation.step.target
            if lightly and self.is_real_time and target and not os.path.lexists(target):
                states.append("missing")
                continue
            try:
                states.append(operation.step.found(self.verifier))
            except OSError as error:
                if (verdict := virus_verdict(error)) is not None:
                    self.verdict = operation.verdict = f"{operation.op_id}, read after it: {verdict}"
                states.append(self._unreadable(error))
        return states

    def places(self, swapped: Sequence[SwappedPlaces]) -> list[PlaceRecord]:
        """Return what is at each place of an old and a new version."""
        found: list[PlaceRecord] = []
        for places in swapped:
            for place in places.had:
                try:
                    state = places.state(place, self.verifier)
                except OSError as error:
                    state = self._unreadable(error)
                found.append(places.record(place, state))
        return found

    def leftovers(self, root: Path, operations: Sequence[OperationRun]) -> Leftovers:
        """Count the temporary files that operations left below `root`."""
        begun = {operation.step.site.own_name for operation in operations}
        staged = [f"{STAGING}/{name}" for name in begun]
        try:
            return leftovers(str(root), TEMPORARY_PREFIX, staged)
        except OSError as error:
            if not self.is_real_time or error.errno in FULL:
                raise
            self.fault = f"its folder could not be looked at: {error.strerror}"
            return Leftovers(files=0, bytes=0)

    def _unreadable(self, error: OSError) -> DestState:
        """Return the state of what could not be read. Raises `error` if no holder explains it."""
        if virus_verdict(error) is not None:
            return "held"
        if error.errno in FULL or not (self.is_real_time or is_held(error)):
            raise error
        return "missing" if isinstance(error, FileNotFoundError) else "held"
