"""Operations that make a new name: a folder, a link, a junction."""

from __future__ import annotations

from typing import Literal

from typing_extensions import override

from harness.scenario.operations.base import WithTarget
from harness.strategy.features import Feature
from harness.strategy.purpose import Purpose


class _NewName(WithTarget):
    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        always: frozenset[Feature] = frozenset({"other-call", "target"})
        return always if self.already_there is None else always | {"old-target"}


class MakeDirectory(_NewName):
    """Make the folder `to` (``CreateDirectoryW``); the folder that it is in is there."""

    kind: Literal["make-directory"]

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("any", "directory", "making a folder")


class _Link(_NewName):
    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        found = super().features(is_tree=is_tree, is_fresh=is_fresh)
        return found | {"tree-move" if is_tree else "file-move"}

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("any", "directory" if is_tree else "file", "making a link")


class Symlink(_Link):
    """Make `to` a symbolic link to the payload (``CreateSymbolicLinkW``)."""

    kind: Literal["symlink"]

    needs = ("symlinks",)


class Junction(_Link):
    """Make `to` a junction to the tree: a folder with a mount point."""

    kind: Literal["junction"]

    works_on = "trees"
    needs = ("junctions",)
