"""Remove an installed tree, file by file, then its folders."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.run.steps.step import Site, Step, below
from harness.run.verify import files_below
from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.trial_record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import Remove
    from harness.strategy.file_calls import DeletePrimitive


class RemoveStep(Step):
    """Remove an installed tree: its files, then its folders."""

    primitive: DeletePrimitive

    def __init__(self, site: Site, operation: Remove) -> None:
        super().__init__(site)
        self.primitive = operation.primitive
        self.source = site.target(operation.at)

    @property
    def one_call(self) -> bool:
        """One call a file or folder."""
        return False

    @staticmethod
    def stage(site: Site, operation: Remove) -> None:
        """Install the tree that is to be removed: copied, for it is not the store's."""
        site.stage_at(site.target(operation.at), mutable=True)

    def calls(self) -> Iterator[Call]:
        """Delete what is there: files in the order of their names, then folders from below."""
        files, root, primitive = self.site.files, self.site.spell(self.source), self.primitive
        for name in sorted(files_below(str(self.source))):
            path = below(root, name)
            yield Call(path, None, lambda p=path: files.delete_file(p, primitive))  # type: ignore[misc]
        for folder, _, _ in os.walk(root, topdown=False):
            yield Call(folder, None, lambda f=folder: files.remove_directory(f))  # type: ignore[misc]

    def state(self, verifier: Verifier) -> DestState:
        """The folder: all there is the old tree, unless the new one was placed since."""
        state = verifier.state(self.source, self.site.item)
        return "old" if state == "new" and not self.site.installed_new else state

    def is_complete(self, state: DestState) -> bool:
        """Gone, or replaced by the new tree."""
        return state in {"missing", "new"}
