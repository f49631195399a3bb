"""Ways to bring a whole tree to its place without renaming its directory: avoidance, not waiting.

A directory cannot be renamed while anything in it is open, whatever the holder shares; so no retry
budget is as good as not renaming it. Each method makes other calls instead, and the policy persists
every one of them. None is atomic: the commit is a marker file that is made last, and a reader takes a
tree without its marker for one that was never finished.

The marker is made, not deleted, at the end: nobody can hold what is not there yet. Go deletes a
``.partial`` file instead, and that was refused at times (golang/go#51003). Like cargo's it says that the
calls before it returned; what must outlast a power failure has to be flushed first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from harness.strategy.operation import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.strategy.file_calls import FileCalls, RenamePrimitive

MethodName = Literal["by moving files", "by linking files", "in place"]

MARKER: Final = ".complete"
"""The file that says that a tree is whole. Cargo's is called ``.cargo-ok``
(rust-lang/cargo src/cargo/sources/registry/mod.rs, ``unpack_package``)."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree on its way: `paths` are its files relative to `source`, with the system's separator.

    Files that an earlier, unfinished attempt has brought are left out of `paths`: each came by one call,
    so what is there is whole. `primitive` is how a file is moved.
    """

    source: str
    target: str
    paths: Sequence[str]
    files: FileCalls
    primitive: RenamePrimitive = "move"


def make_folders(tree: Tree) -> None:
    """Make the folders that the files go to. Raises `OSError`."""
    for folder in dict.fromkeys(os.path.dirname(path) for path in tree.paths):
        os.makedirs(os.path.join(tree.target, folder), exist_ok=True)


def is_complete(target: str) -> bool:
    """Whether a reader takes the tree at `target` for finished."""
    return os.path.isfile(os.path.join(target, MARKER))


def is_marker(path: str) -> bool:
    """Whether a file of a payload, by its path below the root, would be taken for the marker.

    Such a payload must be refused, or half of it would pass for the whole; cargo met crates that
    brought a ``.cargo-ok`` of their own (CVE-2022-36113, rust-lang/cargo#11638).
    """
    return path.lower() == MARKER  # Windows does not tell cases apart


def _commit(tree: Tree) -> Iterator[Call]:
    marker = os.path.join(tree.target, MARKER)
    yield Call(marker, None, partial(tree.files.create_file, marker, b""))


def _each_file(tree: Tree, bring: Callable[[str, str], object]) -> Iterator[Call]:
    for path in tree.paths:
        source, target = os.path.join(tree.source, path), os.path.join(tree.target, path)
        yield Call(source, target, partial(bring, source, target))
    yield from _commit(tree)


def _moving(tree: Tree) -> Iterator[Call]:
    return _each_file(tree, lambda source, target: tree.files.rename(source, target, tree.primitive))


def _linking(tree: Tree) -> Iterator[Call]:
    return _each_file(tree, tree.files.create_hard_link)


def clearing(tree: Tree) -> Iterator[Call]:
    """The calls that clear the temporary place away once a tree is finished, from below.

    Each is made once and may fail: what is held stays behind, and harms nobody.
    """
    for folder, _, names in os.walk(tree.source, topdown=False):
        for name in names:
            path = os.path.join(folder, name)
            yield Call(path, None, partial(tree.files.delete_file, path))
        yield Call(folder, None, partial(tree.files.remove_directory, folder))


@dataclass(frozen=True, slots=True)
class Method:
    """A way: `calls` makes the primitive calls of a tree, in order; each is persisted on its own.

    With `in_place` the files are written where they belong from the start, and `clearing` has nothing
    to do. `primitive` names the call in records; ``None``: it is the tree's own.
    """

    name: MethodName
    about: str
    primitive: str | None
    calls: Callable[[Tree], Iterator[Call]]
    in_place: bool = False


METHODS: Final[Mapping[MethodName, Method]] = {
    method.name: method
    for method in (
        Method(
            "by moving files",
            "a tree is moved file by file, and only what is held is retried; a marker commits",
            None,
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
