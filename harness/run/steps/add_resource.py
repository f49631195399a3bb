"""Add a resource to a program that was just written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from typing_extensions import override

from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step
from harness.run.verify import Verifier
from harness.scenario.operations.programs import AddResource
from harness.strategy.operation import Call


class AddResourceStep(Step, kinds=("add-resource",)):
    """Write a program, close it, add a resource to it, as uv does to its launchers (uv#20567)."""

    primitive = "update-resource"
    writes_again = True
    target: Path
    NAME: Final = "PERSIST_HARNESS"
    DATA: Final = b"installed by persist-harness"

    def __init__(self, site: InstallSite, operation: AddResource) -> None:
        super().__init__(site, operation)
        self.source = self.target = site.target(operation.to)

    @override
    def stage(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)

    @override
    def prepare(self) -> None:
        if self.site.is_rerun:
            self.target.unlink(missing_ok=True)
        self.site.lay_down(self.target, mutable=True)

    @override
    def calls(self) -> Iterator[Call]:
        add, path = self.site.files.add_resource, self.site.spell(self.target)
        yield Call(path, path, partial(add, path, self.NAME, self.DATA))

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Return ``new`` with the resource, ``old`` as the program was written without it."""
        state = verifier.state(self.target, self.site.item)
        if state == "new":
            return "old"
        if state != "mixed":
            return state
        added = self.site.files.read_resource(str(self.target), self.NAME)
        return "new" if added == self.DATA else "mixed"
