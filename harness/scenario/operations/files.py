"""Operations on one file at its place: to open, read or delete it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import override

from harness.holds.handles import AccessName, ShareName
from harness.holds.profile import HandleKind
from harness.platform.base import Capability
from harness.scenario.names import RelativePath
from harness.scenario.operations.base import OperationBase
from harness.strategy.file_calls import DeletePrimitive
from harness.strategy.purpose import Purpose

FilePattern = Annotated[str, Field(pattern=r"^[\w.*+-]+(/[\w.*+-]+)*$", max_length=200)]


class OnFile(OperationBase):
    """The keys of operations on a file that is installed."""

    kind: str
    """Kind of operation."""
    to: RelativePath
    """Place of the file, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are
    filled in.
    """

    works_on = "files"


class OnNewFile(OperationBase):
    """The keys of operations on a file that was just written, alone or in a tree."""

    kind: str
    """Kind of operation."""
    to: RelativePath
    """Place of the file, or of the tree that it is in, relative to the install folder; ``{name}``,
    ``{version}`` and ``{file}`` are filled in. It is written there, unless an operation before brings
    it.
    """
    file: FilePattern | None = Field(default=None, exclude_if=lambda value: value is None)
    """Path of the file in the tree; ``*`` stands for any characters of one name. Only for trees."""


class Read(OnNewFile):
    """Write the file to `to`, close it, then open it and read all of it."""

    kind: Literal["read"]

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("open", "file", "reading a file")


class Open(OnNewFile):
    """Write the file to `to`, close it, then open it and close it: a log, a lock file, a database."""

    kind: Literal["open"]
    access: AccessName = "read+write"
    """Access to ask for."""
    share: ShareName = "rw"
    """Access to let others have meanwhile; that of the C runtime and of Python by default."""

    @property
    @override
    def writes_over(self) -> bool:
        return "write" in self.access

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("open", "file", "opening a file")


class ClearReadOnly(OnNewFile):
    """Write the read-only file to `to`, then clear that attribute (``SetFileAttributesW``)."""

    kind: Literal["clear-read-only"]

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("any", "file", "clearing an attribute")


class RemoveFile(OnFile):
    """Delete the file that is installed at `to`."""

    kind: Literal["remove-file"]
    primitive: DeletePrimitive = "delete"
    """System call that deletes it; ``posix-delete`` frees the name at once."""

    works_in_place = True

    @property
    @override
    def works_on_old(self) -> bool:
        return True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("delete", "file", "deleting a file")

    @override
    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        del moves_tree
        if "d" in handle.share or handle.access == "attributes":
            yield "deletes-while-open"
