"""Remove an installed tree, file by file, then its folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from typing_extensions import override

from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, below
from harness.run.verify import Verifier, files_below
from harness.scenario.operations.trees import Remove
from harness.strategy.file_calls import DeletePrimitive
from harness.strategy.operation import Call


class RemoveStep(Step, kinds=("remove",)):
    """Remove an installed tree: its files, then its folders."""

    effect = "removes"
    primitive: DeletePrimitive
    one_call = False

    def __init__(self, site: InstallSite, operation: Remove) -> None:
        super().__init__(site, operation)
        self.primitive = operation.primitive
        self.source = site.target(operation.at)

    @override
    def stage(self) -> None:
        """Install the tree that is to be removed, unless an operation brings it."""
        self.lay_old_unless_brought()

    @override
    def calls(self) -> Iterator[Call]:
        """Delete what is there: files in the order of their names, then folders from the bottom up."""
        files, root, primitive = self.site.files, self.site.spell(self.source), self.primitive
        for name in sorted(files_below(str(self.source))):
            path = below(root, name)
            yield Call(path, None, partial(files.delete_file, path, primitive))
        for folder, _, _ in os.walk(root, topdown=False):
            yield Call(folder, None, partial(files.remove_directory, folder))

    @override
    def state(self, verifier: Verifier) -> DestState:
        return verifier.state(self.source, self.site.item, self.site.old)

    @override
    def is_complete(self, state: DestState) -> bool:
        return state == "missing"
