"""Write or copy a file to a temporary name, then rename it over the target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.run.steps.step import TEMPORARY_PREFIX, Site, Step, old_content
from harness.scenario.model import STORE
from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.trial_record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import CopyReplace, WriteReplace


class ReplaceStep(Step):
    """Write or copy a file to a temporary name, then rename it over the target."""

    target: Path

    def __init__(self, site: Site, operation: WriteReplace | CopyReplace) -> None:
        super().__init__(site)
        self.operation = operation
        self.primitive = site.factors.get("primitive", operation.primitive)
        self.target = site.target(operation.to)
        self.source = self._temporary()

    def _temporary(self, fresh: str = "") -> Path:
        name = f"{TEMPORARY_PREFIX}{fresh}{'again-' * self.site.again}{self.target.name}"
        return self.target.with_name(name)

    @staticmethod
    def stage(site: Site, operation: WriteReplace | CopyReplace) -> None:
        """Make the target's folder, the old content, and the file to copy."""
        target = site.target(operation.to)
        target.parent.mkdir(parents=True, exist_ok=True)
        if operation.existing:
            old = old_content(site)
            target.write_bytes(old)
        if operation.kind == "copy-replace":
            site.current = site.root / STORE / site.item.name
            site.stage_at(site.current)

    @property
    def writes_anew(self) -> bool:
        """The temporary file is written each time."""
        return True

    @property
    def can_renew(self) -> bool:
        """The temporary file is its own."""
        return True

    def renew(self, number: int) -> None:
        """Write another temporary file, the `number`-th."""
        self.source = self._temporary(f"fresh-{number}-")
        self.prepare()

    def prepare(self) -> None:
        """Write the temporary file and close it."""
        if self.operation.kind == "copy-replace":
            self.site.files.copy_file(str(self.site.current), str(self.source))
        else:
            self.site.lay_down(self.source, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One rename, of what is the temporary file by then."""
        spell, target = self.site.spell, self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.primitive
        yield Call(
            spell(self.source),
            target,
            lambda: rename(spell(self.source), target, primitive),  # type: ignore[arg-type]
        )

    def state(self, verifier: Verifier) -> DestState:
        """The target against the payload and the old content."""
        old = old_content(self.site) if self.operation.existing else None
        return verifier.state(self.target, self.site.item, old)
