"""Link or copy every file of a tree into a folder that others share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.run.steps.step import Site, Step, below
from harness.scenario.model import STORE
from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.trial_record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import Place


class PlaceStep(Step):
    """Link or copy every file of the payload into a folder."""

    target: Path

    def __init__(self, site: Site, operation: Place) -> None:
        super().__init__(site)
        self.primitive = site.factors.get("link_mode", operation.link_mode)
        self.source = site.current
        self.target = site.target(operation.to)

    @property
    def one_call(self) -> bool:
        """One call a file."""
        return False

    @staticmethod
    def stage(site: Site, operation: Place) -> None:
        """Lay the payload down, unless an operation before this one brings it."""
        del operation
        if site.current == site.root:
            site.current = site.root / STORE / site.item.name
            site.stage_at(site.current)

    def prepare(self) -> None:
        """Make the folders."""
        folders = {os.path.dirname(file.path) for file in self.site.item.files}
        for folder in folders:
            os.makedirs(self.target / folder, exist_ok=True)

    def calls(self) -> Iterator[Call]:
        """One link or copy a file; a second run leaves what is there."""
        files = self.site.files
        place = files.create_hard_link if self.primitive == "hardlink" else files.copy_file
        from_root, to_root = self.site.spell(self.source), self.site.spell(self.target)
        for file in self.site.item.files:
            source, target = below(from_root, file.path), below(to_root, file.path)
            if not (self.site.again and os.path.lexists(target)):
                yield Call(source, target, lambda s=source, t=target: place(s, t))  # type: ignore[misc]

    def done(self) -> None:
        """The new tree is installed."""
        self.site.installed_new = True

    def state(self, verifier: Verifier) -> DestState:
        """The payload's own files in the folder, which other payloads may share."""
        return verifier.state_of_part(self.target, self.site.item)
