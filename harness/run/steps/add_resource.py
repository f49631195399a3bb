"""Add a resource to a program that was just written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.run.steps.step import Site, Step
from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.trial_record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import AddResource


class AddResourceStep(Step):
    """Write a program, close it, add a resource to it: what uv does to its launchers (uv#20567)."""

    primitive = "update-resource"
    target: Path
    NAME: Final = "PERSIST_HARNESS"
    DATA: Final = b"installed by persist-harness"

    def __init__(self, site: Site, operation: AddResource) -> None:
        super().__init__(site)
        self.source = self.target = site.target(operation.to)

    @staticmethod
    def stage(site: Site, operation: AddResource) -> None:
        """Make the target's folder."""
        site.target(operation.to).parent.mkdir(parents=True, exist_ok=True)

    @property
    def writes_anew(self) -> bool:
        """A second run writes the program once more."""
        return True

    def prepare(self) -> None:
        """Write the program and close it."""
        if self.site.again:
            self.target.unlink(missing_ok=True)
        self.site.lay_down(self.target, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One update."""
        add, path = self.site.files.add_resource, self.site.spell(self.target)
        yield Call(path, path, lambda: add(path, self.NAME, self.DATA))

    def state(self, verifier: Verifier) -> DestState:
        """Whether the program has the resource; without it, whether it is as it was written."""
        state = verifier.state(self.target, self.site.item)
        if state == "new":
            return "old"
        if state != "mixed":
            return state
        added = self.site.files.read_resource(str(self.target), self.NAME)
        return "new" if added == self.DATA else "mixed"
