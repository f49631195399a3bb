"""Write or copy a file to a temporary name, then rename it over the target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from harness.record.trial_record import DestState
from harness.run.steps.step import TEMPORARY_PREFIX, InstallSite, Step
from harness.run.verify import Verifier
from harness.scenario.operations.renames import CopyReplace, WriteReplace
from harness.strategy.operation import Call


class ReplaceStep(Step, kinds=("write-replace", "copy-replace")):
    """Write or copy a file to a temporary name, then rename it over the target."""

    target: Path
    can_renew = True
    writes_again = True

    def __init__(self, site: InstallSite, operation: WriteReplace | CopyReplace) -> None:
        super().__init__(site, operation)
        self.operation = operation
        self.primitive = site.factors.get("primitive", operation.primitive)
        self.target = site.target(operation.to)
        self.source = self._temporary()

    def _temporary(self, fresh: str = "") -> Path:
        writer = f"{self.site.writer}-" if self.site.writer else ""
        again = f"{self.site.again}-" if self.site.is_rerun else ""
        name = f"{TEMPORARY_PREFIX}{fresh}{again}{writer}{self.target.name}"
        return self.target.with_name(name)

    @override
    def lay_old_file(self) -> bool:
        if self.operation.existing:
            self.site.lay_old(self.target)
        return self.operation.existing

    @override
    def stage(self) -> None:
        """Create the target's folder, and the file to copy."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if self.operation.kind == "copy-replace":
            self.site.stage_in_store()  # an older version is written as it is

    @override
    def renew(self, number: int) -> None:
        self.source = self._temporary(f"fresh-{number}-")
        self.prepare()

    @override
    def prepare(self) -> None:
        if self.operation.kind == "copy-replace" and not self.site.later_versions(self.operation):
            self.site.files.copy_file(str(self.site.current), str(self.source))
        else:
            self.site.lay_version(self.source, self.operation, mutable=True)

    @override
    def calls(self) -> Iterator[Call]:
        """One rename, of the current temporary file."""
        spell, target = self.site.spell, self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.primitive
        yield Call(
            spell(self.source),
            target,
            lambda: rename(spell(self.source), target, primitive),  # type: ignore[arg-type]
        )

    @override
    def is_complete(self, state: DestState) -> bool:
        return state == ("old" if self.site.later_versions(self.operation) else "new")

    @override
    def state(self, verifier: Verifier) -> DestState:
        return verifier.state(self.target, self.site.item, self.site.old)
