"""Make a folder, a symbolic link or a junction: a new name, and no bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from typing_extensions import override

from harness.platform.step_calls import LinkKind
from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step
from harness.run.verify import Verifier
from harness.scenario.operations.new_names import Junction, MakeDirectory, Symlink
from harness.strategy.operation import Call


class _NewNameStep(Step):
    target: Path

    def __init__(self, site: InstallSite, operation: MakeDirectory | Symlink | Junction) -> None:
        super().__init__(site, operation)
        self.source = self.target = site.target(operation.to)

    @override
    def stage(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)

    def is_made(self) -> bool:
        """Whether the name is what was to be made."""
        raise NotImplementedError

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Return ``new`` for what was to be made."""
        if not os.path.lexists(self.target):
            return "missing"
        return "new" if self.is_made() else "mixed"


class MakeDirectoryStep(_NewNameStep, kinds=("make-directory",)):
    """Make a folder; one that is there already is as good."""

    primitive = "create-directory"

    @override
    def calls(self) -> Iterator[Call]:
        path = self.site.spell(self.target)
        if not (self.site.is_rerun and self.is_made()):
            yield Call(path, path, partial(self.site.files.create_directory, path))

    @override
    def is_made(self) -> bool:
        return os.path.isdir(self.target)


class LinkStep(_NewNameStep, kinds=("symlink", "junction")):
    """Make a link to the payload, which is in the store."""

    PRIMITIVES: Final[dict[LinkKind, str]] = {
        "symlink": "create-symbolic-link",
        "junction": "set-reparse-point",
    }

    def __init__(self, site: InstallSite, operation: Symlink | Junction) -> None:
        super().__init__(site, operation)
        self.kind: LinkKind = operation.kind
        self.primitive = self.PRIMITIVES[operation.kind]
        self.source = site.store

    @override
    def stage(self) -> None:
        super().stage()
        if not os.path.lexists(self.source):
            self.site.stage_in_store()

    @override
    def calls(self) -> Iterator[Call]:
        site = self.site
        source, target = site.spell(self.source), site.spell(self.target)
        if not (site.is_rerun and self.is_made()):
            make = partial(site.files.create_link, target, source, self.kind)
            yield Call(source, target, partial(make, is_folder=site.item.is_tree))

    @override
    def is_made(self) -> bool:
        return os.path.exists(self.target) and os.path.samefile(self.target, self.source)

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Return ``new`` for a copy, too: what a strategy falls back to."""
        state = super().state(verifier)
        copied = state == "mixed" and verifier.state(self.target, self.site.item) == "new"
        return "new" if copied else state
