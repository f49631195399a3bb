"""Operations that bring the payload to its place by a rename."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field
from typing_extensions import override

from harness.holds.profile import FILE_OBJECTS, HandleKind
from harness.platform.base import Capability
from harness.scenario.names import RelativePath
from harness.scenario.operations.base import ANY_KIND, OverExisting, WithTarget
from harness.strategy.features import Feature
from harness.strategy.file_calls import RenamePrimitive
from harness.strategy.purpose import Purpose


class Rename(WithTarget):
    """Rename the payload (a directory, or a file) from its temporary place to `to`.

    With `from`, rename what is installed there: an older version, or what a step before has brought.
    """

    kind: Literal["rename"]
    source: RelativePath | None = Field(
        default=None, alias="from", exclude_if=lambda value: value is None
    )
    """Place of what is renamed, relative to the install folder, with the same placeholders. By default
    the payload's temporary place.
    """
    primitive: RenamePrimitive = "move"
    """System call that the rename ends in."""

    factors = ANY_KIND | {"primitive"}

    @property
    @override
    def brings(self) -> bool:
        return self.source is None

    @property
    @override
    def works_on_old(self) -> bool:
        return self.source is not None

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        if is_tree:
            return Purpose("rename", "directory", "renaming a directory")
        if self.primitive in {"tempfile-persist", "replace-file"}:  # what replacements end in
            return _REPLACING
        return Purpose("rename", "file", "renaming a file")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        found: set[Feature] = {"rename", "target", "tree-move" if is_tree else "file-move"}
        return frozenset(found | {"old-target"} if self.already_there else found)

    @override
    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        if moves_tree and handle.object in FILE_OBJECTS | {"subdirectory"}:
            is_open = handle.section is None
            yield "open-child-blocks-rename" if is_open else "sections-in-directories"


_REPLACING: Final = Purpose("replace", "file", "replacing a file")


class _Replace(OverExisting):
    primitive: RenamePrimitive = "move-replace"
    """System call that the rename ends in."""

    works_on = "files"
    factors = ANY_KIND | {"primitive"}

    @property
    @override
    def brings(self) -> bool:
        return True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return _REPLACING

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        always: frozenset[Feature] = frozenset({"rename", "target", "temporary", "file-move"})
        return always | {"old-target"} if self.existing or self.already_there else always


class WriteReplace(_Replace):
    """Write the file to a temporary name beside `to`, then rename it to `to`."""

    kind: Literal["write-replace"]


class CopyReplace(_Replace):
    """Copy the file to a temporary name beside `to`, then rename it to `to`."""

    kind: Literal["copy-replace"]
