"""Delete, copy onto or truncate one file that is at its place: nothing is renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from typing_extensions import override

from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, old_content
from harness.run.verify import Verifier
from harness.scenario.operations.files import RemoveFile
from harness.scenario.operations.writes import CopyOnto, CopyTruncate
from harness.strategy.operation import Call


class RemoveFileStep(Step, kinds=("remove-file",)):
    """Delete one installed file."""

    effect = "removes"
    target: Path

    def __init__(self, site: InstallSite, operation: RemoveFile) -> None:
        super().__init__(site, operation)
        self.primitive = operation.primitive
        self.delete = partial(site.files.delete_file, primitive=operation.primitive)
        self.source = self.target = site.target(operation.to)

    @override
    def stage(self) -> None:
        self.lay_old_unless_brought()

    @override
    def calls(self) -> Iterator[Call]:
        """Delete it, unless a first run has."""
        path = self.site.spell(self.source)
        if not (self.site.is_rerun and not os.path.lexists(self.source)):
            yield Call(path, None, partial(self.delete, path))

    @override
    def state(self, verifier: Verifier) -> DestState:
        return verifier.state(self.target, self.site.item, self.site.old)

    @override
    def is_complete(self, state: DestState) -> bool:
        return state == "missing"


class CopyOntoStep(Step, kinds=("copy-onto",)):
    """Copy a file onto an older one, whose content is lost as soon as that begins."""

    primitive = "copy"
    is_atomic = False
    target: Path

    def __init__(self, site: InstallSite, operation: CopyOnto) -> None:
        super().__init__(site, operation)
        self.source = site.current
        self.target = site.target(operation.to)

    @override
    def lay_old_file(self) -> bool:
        if self.rival is None:
            self.site.lay_old(self.target)
        return self.rival is None

    @override
    def stage(self) -> None:
        self.site.stage_in_store()

    @override
    def calls(self) -> Iterator[Call]:
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        yield Call(source, target, partial(self.site.files.copy_file, source, target))

    @override
    def state(self, verifier: Verifier) -> DestState:
        return verifier.state(self.target, self.site.item, old_content(self.site))


class CopyTruncateStep(Step, kinds=("copy-truncate",)):
    """Copy a log, then empty it: whoever writes to it goes on, and what comes between is lost."""

    primitive = "copy"
    one_call = False
    is_atomic = False
    target: Path

    def __init__(self, site: InstallSite, operation: CopyTruncate) -> None:
        super().__init__(site, operation)
        self.source = site.target(operation.at)
        self.target = site.target(operation.to)

    @override
    def stage(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if self.source not in self.site.brought and not os.path.lexists(self.source):
            self.site.stage_at(self.source, mutable=True)

    @override
    def calls(self) -> Iterator[Call]:
        files, source, target = (
            self.site.files,
            self.site.spell(self.source),
            self.site.spell(self.target),
        )
        if os.path.getsize(self.source):  # else a first run has copied it
            yield Call(source, target, partial(files.copy_file, source, target))
        yield Call(source, None, partial(files.rewrite_file, source, b""))

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Return ``new`` with the whole copy and an empty log, ``old`` while nothing is copied."""
        copied = verifier.state(self.target, self.site.item)
        left = os.path.getsize(self.source) if os.path.lexists(self.source) else 0
        if copied == "new" and not left:
            return "new"
        return "old" if copied == "missing" and left == self.site.item.size else "mixed"
