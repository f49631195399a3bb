"""Rename a staged directory or file to its final name, or bring a tree there without that."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from typing_extensions import override

from harness.errors import InvalidInputError
from harness.payload.archive import remove_tree
from harness.payload.prepare import Item, PayloadFile
from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, below
from harness.run.verify import Verifier
from harness.scenario.names import STAGING
from harness.scenario.operations.renames import Rename
from harness.strategy.file_calls import RenamePrimitive
from harness.strategy.operation import Call
from harness.strategy.tree_methods import (
    MARKER,
    Method,
    Tree,
    clearing,
    is_complete,
    is_marker,
    make_folders,
)


class RenameStep(Step, kinds=("rename",)):
    """Rename a staged directory or file to its final name.

    A tree goes there by the strategy's `harness.strategy.tree_methods.Method`, if it has one.
    """

    target: Path

    def __init__(self, site: InstallSite, operation: Rename) -> None:
        super().__init__(site, operation)
        self.operation = operation
        self.method = self._method()
        self.one_call = self.method is None
        self.rename = cast("RenamePrimitive", site.factors.get("primitive", operation.primitive))
        self.primitive = (self.method and self.method.primitive) or self.rename
        self.target = site.target(operation.to)
        later = site.later_versions(operation)
        version = f"-{later}" if later else ""
        again = f"-{site.again}" if site.is_rerun else ""
        self.staged = site.root / STAGING / f"{site.own_name}{version}{again}"
        if operation.source is not None:
            self.source = site.target(operation.source)
        else:
            self.source = self.target if self._in_place else self.staged

    def _method(self) -> Method | None:
        """Return how a tree goes there without a rename; what is installed is not written in place."""
        method = self.strategy.method if self.site.item.is_tree else None
        return method if self.operation.brings or method is None or not method.in_place else None

    @property
    @override
    def moves_tree(self) -> bool:
        return self.method is None and self.site.item.is_tree

    @override
    def unpack_in_place(self) -> None:
        if self.target.is_dir():
            self._write_over(self.site.item.files)
        else:
            self.site.stage_at(self.target, mutable=True)

    @property
    def _in_place(self) -> bool:
        return self.method is not None and self.method.in_place

    @property
    def _is_there(self) -> bool:
        """Whether a second run has nothing to do: the first one's tree is there, and complete."""
        return os.path.lexists(self.target) if self.method is None else is_complete(str(self.target))

    @property
    def _is_gone(self) -> bool:
        return not os.path.lexists(self.source)

    @property
    @override
    def writes_again(self) -> bool:
        """Whether the target is not complete yet; in place, whether nothing is there."""
        return self.operation.brings and not (
            os.path.lexists(self.target) if self._in_place else self._is_there
        )

    @staticmethod
    @override
    def check(item: Item, operation: Rename) -> None:
        there = operation.already_there
        if there and there.content == "same" and there.what not in {None, _kind(item)}:
            raise InvalidInputError(
                f"{item.file}: already_there is a {there.what} with the same content as a {_kind(item)}",
                hint="Leave out `what`, or choose another content.",
            )
        if any(is_marker(file.path) for file in item.files):
            raise InvalidInputError(
                f"{item.file} brings a file {MARKER} of its own",
                hint="By that name strategies mark a tree that is complete.",
            )

    @override
    def stage(self) -> None:
        """Unpack the payload in the temporary folder (or in place), and create the folder it goes to."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        if not self.operation.brings:
            self.lay_old_unless_brought()
            return
        self.site.current = self.source
        if not os.path.lexists(self.source):
            self.source.parent.mkdir(parents=True, exist_ok=True)
            self.site.lay_version(self.source, self.operation)
        elif self.source.is_dir():  # in place, over what is there
            self._write_over(self.site.item.files)

    @override
    def prepare(self) -> None:
        """In a second run, unpack again, to a fresh temporary name. Create a method's folders."""
        if self.site.is_rerun and self.operation.brings and not self._is_there:
            # copied, for its files are others than those of the first run
            if self._in_place and not self.writes_again:
                self._fill_up()
            else:
                self.site.lay_version(self.source, self.operation, mutable=True)
        if self.method is not None and not self._in_place:
            make_folders(self._tree())

    def _fill_up(self) -> None:
        """Write what is missing from an unfinished tree, or has the wrong size."""
        missing = [file for file in self.site.item.files if self._size_of(file.path) != file.size]
        if missing:
            self._write_over(missing)

    def _write_over(self, files: Sequence[PayloadFile]) -> None:
        """Write these files of the payload into the tree that is at the target."""
        self.site.stage_at(self.staged, mutable=True)
        for file in files:
            os.makedirs((self.target / file.path).parent, exist_ok=True)
            os.replace(self.staged / file.path, self.target / file.path)
        remove_tree(self.staged)

    def _size_of(self, path: str) -> int | None:
        try:
            return os.lstat(self.target / path).st_size
        except FileNotFoundError:
            return None

    def _tree(self) -> Tree:
        """Return the work of the method: in a second run, what the first one has not done."""
        site, source, target = self.site, self.site.spell(self.source), self.site.spell(self.target)
        again = site.is_rerun
        paths = [
            file.path.replace("/", os.sep)
            for file in site.item.files
            if not (again and os.path.lexists(below(target, file.path)))
        ]
        return Tree(source, target, paths, site.files, self.rename)

    @override
    def calls(self) -> Iterator[Call]:
        """One rename, or the method's calls; none when a second run finds the entry in the store."""
        if self.site.is_rerun and (self._is_there if self.operation.brings else self._is_gone):
            return
        if self.method is not None:
            yield from self.method.calls(self._tree())
            return
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        yield Call(source, target, partial(self.site.files.rename, source, target, self.rename))

    @override
    def clearing(self) -> Iterator[Call]:
        """Remove what is left in the temporary place once a method's tree is finished."""
        if self.method is not None and not self._in_place:
            yield from clearing(self._tree())

    @override
    def done(self) -> None:
        if self.operation.brings:
            self.site.current = self.target

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Compare the target with the payload; under a method, as a reader does who knows the marker."""
        marker = MARKER if self.method is not None else None
        return verifier.state(self.target, self.site.item, self.site.old, marker=marker)

    @override
    def is_complete(self, state: DestState) -> bool:
        """Whether the whole of what it moves is there: the payload, or the version that it moves."""
        if not self.operation.brings:
            return state in {"old", "new"}
        return state == ("old" if self.site.later_versions(self.operation) else "new")


def _kind(item: Item) -> str:
    return "folder" if item.is_tree else "file"
