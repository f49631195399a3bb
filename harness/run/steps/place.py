"""Link or copy every file of a tree into a folder that others share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from typing_extensions import override

from harness.errors import InvalidInputError
from harness.payload.prepare import Item
from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, below
from harness.run.verify import Verifier
from harness.scenario.operations.trees import Place
from harness.strategy.operation import Call


class PlaceStep(Step, kinds=("place",)):
    """Link or copy every file of the payload into a folder."""

    target: Path
    one_call = False

    def __init__(self, site: InstallSite, operation: Place) -> None:
        super().__init__(site, operation)
        self.primitive = site.factors.get("link_mode", operation.link_mode)
        self.source = site.current
        self.target = site.target(operation.to)

    @staticmethod
    @override
    def check(item: Item, operation: Place) -> None:
        if operation.already_there is not None and operation.already_there.what == "file":
            raise InvalidInputError(
                f"{item.file}: already_there is a file where a folder is to get files",
                hint="Leave out `what`, or choose another operation.",
            )

    @override
    def stage(self) -> None:
        """Lay the payload down, unless an earlier operation brings it."""
        if self.site.current == self.site.root:
            self.site.stage_in_store()

    @override
    def prepare(self) -> None:
        target = str(self.target)
        for folder in self.site.item.folders_of_files:
            os.makedirs(below(target, folder), exist_ok=True)

    @override
    def calls(self) -> Iterator[Call]:
        """One link or copy per file; a second run leaves what is there."""
        files = self.site.files
        place = files.create_hard_link if self.primitive == "hardlink" else files.copy_file
        from_root, to_root = self.site.spell(self.source), self.site.spell(self.target)
        for file in self.site.item.files:
            source, target = below(from_root, file.path), below(to_root, file.path)
            if not (self.site.is_rerun and os.path.lexists(target)):
                yield Call(source, target, partial(place, source, target))

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Compare the payload's own files in the folder, which other payloads may share."""
        return verifier.state_of_part(self.target, self.site.item)
