"""Rename a staged directory or file to its final name, or bring a tree there without that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from harness.payload.archive import remove_tree
from harness.run.steps.step import STAGING, Site, Step, below
from harness.strategy.operation import Call
from harness.strategy.tree_methods import MARKER, Tree, clearing, is_complete, make_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.trial_record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import Rename
    from harness.strategy.file_calls import RenamePrimitive


class RenameStep(Step):
    """Rename a staged directory or file to its final name.

    A tree goes there by the strategy's `harness.strategy.tree_methods.Method`, if it has one.
    """

    target: Path

    def __init__(self, site: Site, operation: Rename) -> None:
        super().__init__(site)
        self.method = site.method
        self.rename = cast("RenamePrimitive", site.factors.get("primitive", operation.primitive))
        self.primitive = (self.method and self.method.primitive) or self.rename
        self.target = site.target(operation.to)
        self.staged = site.root / STAGING / f"{site.item.name}{'-again' * site.again}"
        self.source = self.target if self._in_place else self.staged

    @property
    def _in_place(self) -> bool:
        return self.method is not None and self.method.in_place

    @property
    def _is_there(self) -> bool:
        """Whether a second run finds nothing to do: the first one's tree is at its place, and whole."""
        return os.path.lexists(self.target) if self.method is None else is_complete(str(self.target))

    @property
    def one_call(self) -> bool:
        """One rename; methods make several calls."""
        return self.method is None

    @property
    def writes_anew(self) -> bool:
        """A second run unpacks what is not in the store yet; in place, only what is missing there."""
        return not (os.path.lexists(self.target) if self._in_place else self._is_there)

    @staticmethod
    def stage(site: Site, operation: Rename) -> None:
        """Unpack the payload in the temporary folder (or in place), and make the folder it goes to."""
        target = site.target(operation.to)
        target.parent.mkdir(parents=True, exist_ok=True)
        in_place = site.method is not None and site.method.in_place
        site.current = target if in_place else site.root / STAGING / site.item.name
        site.stage_at(site.current)

    def prepare(self) -> None:
        """In a second run, unpack once more, to a fresh temporary name. Make a method's folders."""
        if self.site.again and not self._is_there:
            # copied, for its files are others than those of the first run
            if self._in_place and not self.writes_anew:
                self._fill_up()
            else:
                self.site.lay_down(self.source, mutable=True)
        if self.method is not None and not self._in_place:
            make_folders(self._tree())

    def _fill_up(self) -> None:
        """Write what is missing in an unfinished tree, and what has not the size it should have."""
        missing = [file for file in self.site.item.files if self._size_of(file.path) != file.size]
        if missing:
            self.staged.parent.mkdir(exist_ok=True)
            self.site.lay_down(self.staged, mutable=True)
            for file in missing:
                os.makedirs((self.target / file.path).parent, exist_ok=True)
                os.replace(self.staged / file.path, self.target / file.path)
            remove_tree(self.staged)

    def _size_of(self, path: str) -> int | None:
        try:
            return os.lstat(self.target / path).st_size
        except FileNotFoundError:
            return None

    def _tree(self) -> Tree:
        """What the method has to do: in a second run, what the first one has not done."""
        site, source, target = self.site, self.site.spell(self.source), self.site.spell(self.target)
        again = site.again
        paths = [
            file.path.replace("/", os.sep)
            for file in site.item.files
            if not (again and os.path.lexists(below(target, file.path)))
        ]
        return Tree(source, target, paths, site.files, self.rename)

    def calls(self) -> Iterator[Call]:
        """One rename, or the method's calls; none when a second run finds the entry in the store."""
        if self.site.again and self._is_there:
            return
        if self.method is not None:
            yield from self.method.calls(self._tree())
            return
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.rename
        yield Call(source, target, lambda: rename(source, target, primitive))

    def clearing(self) -> Iterator[Call]:
        """What is left in the temporary place once a method's tree is finished."""
        if self.method is not None and not self._in_place:
            yield from clearing(self._tree())

    def done(self) -> None:
        """The payload is at its target now."""
        self.site.current = self.target

    def state(self, verifier: Verifier) -> DestState:
        """The target against the payload; under a method, as a reader sees it who knows the marker."""
        marker = MARKER if self.method is not None else None
        return verifier.state(self.target, self.site.item, marker=marker)
