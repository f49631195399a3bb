"""Ways to bring a whole tree to its place without renaming its directory: avoidance, not waiting.

A directory cannot be renamed while anything in it is open, whatever the holder shares; so no retry
budget is as good as not renaming it. Each method makes other calls instead, and the policy persists
every one of them. None is atomic: the commit is a marker file that is written last, and a reader takes a
tree without its marker for one that was never finished.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Protocol

from harness.strategy.operation import Call, Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MethodName = Literal["by moving files", "by linking files", "in place"]

MARKER: Final = ".complete"
"""The file that says that a tree is whole. Cargo's is called ``.cargo-ok``
(rust-lang/cargo src/cargo/sources/registry/mod.rs)."""


class TreeFiles(Files, Protocol):
    """The calls that methods make."""

    def create_hard_link(self, source: str, link: str) -> None:
        """Give a file one more name."""
        ...

    def create_file(self, path: str, content: bytes) -> None:
        """Create a file that must not exist, and write it."""
        ...


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree on its way: `paths` are its files relative to `source`, with the system's separator."""

    source: str
    target: str
    paths: Sequence[str]
    files: TreeFiles


def make_folders(tree: Tree) -> None:
    """Make the folders that the files go to. Raises `OSError`."""
    for folder in dict.fromkeys(os.path.dirname(path) for path in tree.paths):
        os.makedirs(os.path.join(tree.target, folder), exist_ok=True)


def is_complete(target: str) -> bool:
    """Whether a reader takes the tree at `target` for finished."""
    return os.path.isfile(os.path.join(target, MARKER))


def _commit(tree: Tree) -> Iterator[Call]:
    marker = os.path.join(tree.target, MARKER)
    yield Call(marker, None, partial(tree.files.create_file, marker, b""))


def _moving(tree: Tree) -> Iterator[Call]:
    for path in tree.paths:
        source, target = os.path.join(tree.source, path), os.path.join(tree.target, path)
        yield Call(source, target, partial(tree.files.rename, source, target, "move"))
    yield from _commit(tree)
    _remove_what_is_left(tree)


def _linking(tree: Tree) -> Iterator[Call]:
    for path in tree.paths:
        source, target = os.path.join(tree.source, path), os.path.join(tree.target, path)
        yield Call(source, target, partial(tree.files.create_hard_link, source, target))
    yield from _commit(tree)
    _remove_what_is_left(tree)


def _remove_what_is_left(tree: Tree) -> None:
    """Clear the temporary place away as far as that goes: what is held stays, and is counted."""
    for folder, _, names in os.walk(tree.source, topdown=False):
        for name in names:
            with suppress(OSError):
                tree.files.delete_file(os.path.join(folder, name))
        with suppress(OSError):
            tree.files.remove_directory(folder)


@dataclass(frozen=True, slots=True)
class Method:
    """A way: `calls` makes the primitive calls of a tree, in order; each is persisted on its own.

    With `in_place` the files are written where they belong from the start. `primitive` names the call
    in records.
    """

    name: MethodName
    about: str
    primitive: str
    calls: Callable[[Tree], Iterator[Call]]
    in_place: bool = False


METHODS: Final[Mapping[MethodName, Method]] = {
    method.name: method
    for method in (
        Method(
            "by moving files",
            "a tree is moved file by file, and only what is held is retried; a marker commits",
            "move",
            _moving,
        ),
        Method(
            "by linking files",
            "a tree is hard-linked file by file, which a reader does not prevent; a marker commits",
            "hardlink",
            _linking,
        ),
        Method(
            "in place",
            "a tree is written where it belongs, and nothing is moved; a marker commits",
            "create",
            _commit,
            in_place=True,
        ),
    )
}
