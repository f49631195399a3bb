"""Operations that work on a tree file by file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from typing_extensions import override

from harness.holds.profile import HandleKind
from harness.platform.base import Capability, LinkMode
from harness.scenario.names import RelativePath
from harness.scenario.operations.base import ANY_KIND, OperationBase, WithTarget
from harness.scenario.operations.files import FilePattern
from harness.strategy.features import Feature
from harness.strategy.file_calls import DeletePrimitive
from harness.strategy.purpose import Purpose


class Place(WithTarget):
    """Link or copy every file of the tree into the folder `to`."""

    kind: Literal["place"]
    link_mode: LinkMode = "hardlink"
    """Way to put each file into place: a hard link or a copy."""

    works_on = "trees"
    factors = ANY_KIND | {"link_mode"}
    shares_target = True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        if self.link_mode == "copy":
            return Purpose("copy", "file", "copying files")
        return Purpose("any", "file", "linking files")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        always: frozenset[Feature] = frozenset({"other-call", "target", "file-move"})
        return always if is_fresh and not self.already_there else always | {"old-target"}


class Remove(OperationBase):
    """Remove the tree that is installed at `at`, file by file, then its directories."""

    kind: Literal["remove"]
    at: RelativePath
    """Folder of the installed tree, relative to the install folder."""
    primitive: DeletePrimitive = "delete"
    """System call that deletes a file; ``posix-delete`` frees the name at once."""

    works_on = "trees"
    works_in_place = True

    @property
    @override
    def works_on_old(self) -> bool:
        return True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("delete-tree", None, "deleting a tree")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        return super().features(is_tree=is_tree, is_fresh=is_fresh) | {"removal"}

    @override
    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        del moves_tree
        if "d" in handle.share or handle.access == "attributes":
            yield "deletes-while-open"


class Rewrite(OperationBase):
    """Read a file of the installed tree, truncate it and write it again."""

    kind: Literal["rewrite"]
    at: RelativePath
    """Folder of the installed tree, relative to the install folder."""
    file: FilePattern
    """Path of the file in the tree; ``*`` stands for any characters of one name."""

    works_on = "trees"
    works_in_place = True

    @property
    @override
    def writes_over(self) -> bool:
        return True

    is_alone = True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("write", "file", "rewriting a file in place")
