"""Rename a staged directory or file to its final name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.run.steps.base import STAGING, Site, Step
from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.run.record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import Rename


class RenameStep(Step):
    """Rename a staged directory or file to its final name."""

    target: Path

    def __init__(self, site: Site, operation: Rename) -> None:
        super().__init__(site)
        self.primitive = site.factors.get("primitive", operation.primitive)
        name = f"{site.item.name}-again" if site.again else site.item.name
        self.source = site.root / STAGING / name
        self.target = site.target(operation.to)

    @property
    def writes_anew(self) -> bool:
        """A second run unpacks what is not in the store yet."""
        return not os.path.lexists(self.target)

    @staticmethod
    def stage(site: Site, operation: Rename) -> None:
        """Unpack the payload in the temporary folder, and make the folder it goes to."""
        site.current = site.root / STAGING / site.item.name
        site.stage_at(site.current)
        site.target(operation.to).parent.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> None:
        """In a second run, unpack once more, to a fresh temporary name."""
        if self.site.again and self.writes_anew:
            # copied, for its files are others than those of the first run
            self.site.lay_down(self.source, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One rename; none when a second run finds the entry in the store."""
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.primitive
        if not (self.site.again and os.path.lexists(target)):
            yield Call(source, target, lambda: rename(source, target, primitive))  # type: ignore[arg-type]

    def done(self) -> None:
        """The payload is at its target now."""
        self.site.current = self.target

    def state(self, verifier: Verifier) -> DestState:
        """The target against the payload."""
        return verifier.state(self.target, self.site.item)
