"""The operations of a scenario file, and what each kind declares about itself.

Checks between the parts of a scenario, factors and platforms go by these declarations, so a new kind is
a model here and a step in `harness.run.steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from pydantic import Field, model_validator
from typing_extensions import override

from harness.holds.handles import AccessName, ShareName
from harness.holds.profile import FILE_OBJECTS, HandleKind
from harness.holds.rule import Rule
from harness.holds.strict import Strict
from harness.platform.base import Capability, LinkMode
from harness.platform.step_calls import WriteMode
from harness.scenario.bounds import MOST_STEPS
from harness.scenario.names import RelativePath
from harness.scenario.payload_models import ReadOnlyParts
from harness.strategy.features import Feature
from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive
from harness.strategy.notation import LONGEST
from harness.strategy.purpose import Purpose

START_RULE: Final = Rule(
    "whoever has a program open for writing, or does not share reading, blocks its start with 32",
    "seen under Wine",
    "docs/evidence/windows-sharing.md#starting-a-program",
)
CUT_RULE: Final = Rule(
    "a file of which a view is mapped can be written, but not cut: 1224",
    "seen under Wine",
    "docs/evidence/windows-sharing.md#loaded-programs-and-mapped-files",
)
RESOURCE_RULE: Final = Rule(
    "a program that somebody has open answers the update of its resources with 110",
    "unverified",
    "docs/evidence/windows-sharing.md#resources-of-programs",
)
FilePattern = Annotated[str, Field(pattern=r"^[\w.*+-]+(/[\w.*+-]+)*$", max_length=200)]

ANY_KIND: Final = frozenset({"path_style", "location", "pause_ms"})
"""The factors that apply to operations of every kind."""


class OperationBase(Strict):
    """The keys of all operations."""

    pause_ms: Annotated[float, Field(ge=0, le=3_600_000)] = 0.0
    """Pause between closing the files and persisting them, in milliseconds."""
    only_if: Literal["target is missing", "target is there", "source is there"] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """Leave the step out unless that is so when its turn comes. It is always made by default."""
    may_fail: bool = Field(default=False, exclude_if=lambda value: not value)
    """Whether the install goes on, and counts as done, when this step has failed for good."""
    on_failure: list[OperationSpec] = Field(
        default=[], max_length=MOST_STEPS, exclude_if=lambda value: not value
    )
    """Steps that put things back when this one has failed for good, in order, up to one that fails. The
    install has failed in any case.
    """
    strategy: Annotated[str, Field(min_length=1, max_length=LONGEST)] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """Strategy of this step alone, in notation or by its name: ``plain`` makes one attempt. By default
    the one that is compared.
    """
    held: bool | None = Field(default=None, exclude_if=lambda value: value is None)
    """Whether holds of profiles fall on it: by default on the steps of an install, not on those of
    ``on_failure``, which are hit by what is still held.
    """

    works_on: ClassVar[Literal["trees", "files", "any"]] = "any"
    factors: ClassVar[frozenset[str]] = ANY_KIND
    needs: ClassVar[tuple[Capability, ...]] = ()
    """The capabilities that its calls need of a platform."""
    is_first: ClassVar[bool] = False
    """Whether nothing may come before it."""
    works_in_place: ClassVar[bool] = False
    """Whether it works on what is installed, an older version unless a step before has brought it."""
    is_alone: ClassVar[bool] = False
    """Whether it allows no other operation beside it."""
    shares_target: ClassVar[bool] = False
    """Whether several items of a payload may go to the same place."""

    @property
    def brings(self) -> bool:
        """Whether it moves the payload from a temporary place to its own."""
        return False

    @property
    def works_on_old(self) -> bool:
        """Whether it moves or removes what is installed."""
        return False

    def purpose(self, *, is_tree: bool) -> Purpose:
        """What a strategy is wanted for here; `is_tree`: the payload has a tree, and not only files."""
        raise NotImplementedError

    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        """What clauses of strategies can count on; `is_fresh`: nothing else was or is put there."""
        del is_tree, is_fresh
        return frozenset({"other-call"})

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that its results rest on, where they are not those of every scenario."""
        return iter(())

    @property
    def writes_over(self) -> bool:
        """Whether it opens a file that is there for writing."""
        return False

    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        """Yield the capabilities that its calls need of a platform under a `handle`.

        `moves_tree`: the payload has a tree, which a rename would move.
        """
        del handle, moves_tree
        return iter(())


class AlreadyThere(Strict):
    """What has the name of the destination already, or comes to have it."""

    what: Literal["file", "folder"] | None = None
    """A file or a folder; by default whichever the payload is."""
    content: Literal["same", "other", "none"] = "other"
    """``same`` as the payload, as from another install of the same thing; ``other``; or ``none``: an
    empty file or folder.
    """
    read_only: bool | ReadOnlyParts = False
    """What of it has the read-only attribute: ``files`` (or ``true``), ``folders`` or ``all``."""
    after_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    """It appears that many milliseconds after the operation was ready, as another install brings it. By
    default it is there from the start.
    """


class _WithTarget(OperationBase):
    kind: str
    """Kind of operation."""
    to: RelativePath
    """Destination, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are filled
    in.
    """
    already_there: AlreadyThere | None = Field(default=None, exclude_if=lambda value: value is None)
    """What has the name of the destination already, or comes to have it. Nothing by default."""


class Rename(_WithTarget):
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


class _OverExisting(_WithTarget):
    existing: bool = False
    """Whether an older file has the destination's name already: in short for ``already_there``."""

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if self.existing and self.already_there is not None:
            raise ValueError("must have existing or already_there, not both")
        return self


class _Replace(_OverExisting):
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


class Place(_WithTarget):
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


class AddResource(OperationBase):
    """Write the program to `to`, close it, then add a resource to it (``BeginUpdateResourceW`` …)."""

    kind: Literal["add-resource"]
    to: RelativePath
    """Destination, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are filled
    in.
    """

    works_on = "files"

    @property
    @override
    def writes_over(self) -> bool:
        return True

    is_first = True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("write", "file", "adding a resource to a program")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        return frozenset({"other-call", "target", "old-target"})  # the program itself

    @override
    def rules(self) -> Iterator[Rule]:
        yield RESOURCE_RULE

    @override
    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        del handle, moves_tree
        yield "resources-of-held-programs"


class _OnFile(OperationBase):
    kind: str
    """Kind of operation."""
    to: RelativePath
    """Place of the file, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are
    filled in.
    """

    works_on = "files"


class _OnNewFile(OperationBase):
    kind: str
    """Kind of operation."""
    to: RelativePath
    """Place of the file, or of the tree that it is in, relative to the install folder; ``{name}``,
    ``{version}`` and ``{file}`` are filled in. It is written there, unless an operation before brings
    it.
    """
    file: FilePattern | None = Field(default=None, exclude_if=lambda value: value is None)
    """Path of the file in the tree; ``*`` stands for any characters of one name. Only for trees."""


class Read(_OnNewFile):
    """Write the file to `to`, close it, then open it and read all of it."""

    kind: Literal["read"]

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("open", "file", "reading a file")


class Open(_OnNewFile):
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


class Start(_OnNewFile):
    """Write the program to `to`, close it, then start it (``CreateProcessW``); none of its code runs."""

    kind: Literal["start"]

    @override
    def rules(self) -> Iterator[Rule]:
        yield START_RULE

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("open", "file", "starting a program")


class ClearReadOnly(_OnNewFile):
    """Write the read-only file to `to`, then clear that attribute (``SetFileAttributesW``)."""

    kind: Literal["clear-read-only"]

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("any", "file", "clearing an attribute")


class Write(_OverExisting):
    """Open or create the file at `to`, and write it in place: not atomic.

    With `existing` and ``truncate-last``, what is there is longer than the new file.
    """

    kind: Literal["write"]
    mode: WriteMode = "truncate-first"
    """``create-new``: fails where a file is (80), as lock files do. ``truncate-first``: the usual way to
    write a file. ``truncate-last``: written over, then cut to its new length. ``append``: a log.
    """
    share: ShareName = "rw"
    """Access to let others have meanwhile; that of the C runtime and of Python by default."""
    ignore_failed_cut: bool = Field(default=False, exclude_if=lambda value: not value)
    """Whether ``truncate-last`` reports a success though the file could not be cut: then the end of the
    older file stays, and the outcome is ``damaged``.
    """

    works_on = "files"

    @property
    @override
    def writes_over(self) -> bool:
        return True

    @model_validator(mode="after")
    def _ignores_a_cut(self) -> Self:
        if self.ignore_failed_cut and self.mode != "truncate-last":
            raise ValueError("ignore_failed_cut is for mode = 'truncate-last'")
        return self

    @override
    def rules(self) -> Iterator[Rule]:
        if self.mode == "truncate-last":
            yield CUT_RULE

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("write", "file", "writing a file in place")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        always: frozenset[Feature] = frozenset({"other-call", "target"})
        return always | {"old-target"} if self.existing or self.already_there else always


class _NewName(_WithTarget):
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


class RemoveFile(_OnFile):
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


class CopyOnto(_WithTarget):
    """Copy the file onto an older one that is at `to`, in place: not atomic.

    With `already_there` what is there is something else.
    """

    kind: Literal["copy-onto"]

    @property
    @override
    def writes_over(self) -> bool:
        return True

    works_on = "files"

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("copy", "file", "copying onto a file")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        return frozenset({"other-call", "target", "old-target"})


class CopyTruncate(_OnFile):
    """Copy the file that is installed at `at` to `to`, then truncate it, as logs are rotated."""

    kind: Literal["copy-truncate"]
    at: RelativePath
    """Place of the file that is copied and then emptied, with the same placeholders."""

    @property
    @override
    def writes_over(self) -> bool:
        return True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("copy", "file", "copying and truncating a file")


AnyOperation = (
    Rename
    | WriteReplace
    | CopyReplace
    | Place
    | Remove
    | Rewrite
    | AddResource
    | Read
    | RemoveFile
    | CopyOnto
    | CopyTruncate
    | Start
    | Open
    | Write
    | ClearReadOnly
    | MakeDirectory
    | Symlink
    | Junction
)
OperationSpec = Annotated[AnyOperation, Field(discriminator="kind")]

for _model in get_args(AnyOperation):
    _model.model_rebuild()

OPERATION_MODELS: Final[Mapping[str, type[OperationBase]]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(AnyOperation)
}
"""The model of each kind."""
