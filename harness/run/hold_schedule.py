"""The holds of a trial: drawn for its operations and its other processes, and ordered from the platform.

Each is announced before what it is to hit begins. The orders are kept in one list, for the platform
gives back their receipts in that order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from harness.holds.draw import draw_holds
from harness.holds.handles import Hold
from harness.holds.placement import objects_on_disk, place
from harness.holds.profile import PAYLOAD_OBJECTS
from harness.platform.base import Platform
from harness.run.openings import Openings, openings
from harness.run.operation_run import OperationRun
from harness.run.plan import Trial
from harness.run.steps import InstallSite


@dataclass
class HoldSchedule:
    """All holds that were ordered in a trial, over all runs of its install.

    `processes` has what each other process opens, with the place of its first hold in `ordered`.
    """

    trial: Trial
    platform: Platform
    ordered: list[Hold] = field(default_factory=list)
    processes: list[tuple[Openings, int]] = field(default_factory=list)

    def of_processes(self, sites: Sequence[InstallSite]) -> None:
        """Let the other processes of the scenario begin."""
        processes = self.trial.case.loaded.scenario.processes
        for opened in openings(processes, sites, self.trial.case.hold_key(self.trial.block, "")):
            self.processes.append((opened, len(self.ordered)))
            self._order(opened.holds)

    def of_operation(self, operation: OperationRun, *, draws: bool) -> None:
        """Order the holds that fall on an operation, if it `draws` any, and what comes to its place.

        When an install is run again, none begin but on what it writes once more.
        """
        is_rerun = operation.step.site.is_rerun
        holds = self._drawn(operation, objects=PAYLOAD_OBJECTS if is_rerun else None) if draws else []
        if not is_rerun:
            holds += operation.step.arrivals()
        operation.holds += self._order(holds)

    def of_renewed(self, operation: OperationRun, objects: Collection[str]) -> None:
        """Order holds on those `objects` of an operation that were written once more."""
        operation.holds += self._order(self._drawn(operation, f"/fresh-{operation.renewals}", objects))

    def _drawn(
        self, operation: OperationRun, suffix: str = "", objects: Collection[str] | None = None
    ) -> list[Hold]:
        step, case = operation.step, self.trial.case
        key = case.hold_key(self.trial.block, operation.op_id)
        key += f"/{step.site.again}" if step.site.is_rerun else ""
        drawn = draw_holds(case.profile, step.held_files, key + suffix)
        target = None if step.target is None else str(step.target)
        is_tree = step.site.item.is_tree and step.held_files[0].path != "."
        paths = objects_on_disk(str(step.source), target, is_tree=is_tree) if drawn else {}
        return [
            hold
            for draw in drawn
            if (objects is None or draw.template.handle.object in objects)
            and (hold := place(draw, paths)) is not None
        ]

    def _order(self, holds: Sequence[Hold]) -> range:
        """Order holds; return their places among all."""
        self.platform.schedule_holds(holds)
        first = len(self.ordered)
        self.ordered += holds
        return range(first, len(self.ordered))
