"""Ways to bring a whole tree to its place without renaming its directory: avoidance, not waiting.

A directory cannot be renamed while anything in it is open, whatever the holder shares; so no retry
budget is as good as not renaming it. Each method makes other calls instead, and the strategy persists
each of them. None is atomic: the commit is a marker file that is created last, and readers take a tree
without its marker for unfinished.

The marker is created, not deleted, at the end: nothing can hold a file that does not exist yet. Go
deletes a ``.partial`` file instead, and that was sometimes denied (golang/go#51003). Like cargo's marker
it means that the calls before it returned; data that must outlast a power failure has to be flushed
first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from harness.strategy.operation import Call

if TYPE_CHECKING:
    from harness.strategy.file_calls import FileCalls, RenamePrimitive

MethodName = Literal["by moving files", "by linking files", "in place"]

MARKER: Final = ".complete"
"""The file that marks a tree as complete. Cargo's is called ``.cargo-ok``
(rust-lang/cargo src/cargo/sources/registry/mod.rs, ``unpack_package``)."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree on its way: `paths` are its files relative to `source`, with the system's separator.

    Files that an earlier, unfinished attempt has brought are left out of `paths`: each came by one call,
    so it is complete. `primitive` is how a file is moved.
    """

    source: str
    target: str
    paths: Sequence[str]
    files: FileCalls
    primitive: RenamePrimitive = "move"


def make_folders(tree: Tree) -> None:
    """Create the folders that the files go to. Raises `OSError`."""
    for folder in dict.fromkeys(os.path.dirname(path) for path in tree.paths):
        os.makedirs(os.path.join(tree.target, folder), exist_ok=True)


def is_complete(target: str) -> bool:
    """Return whether readers take the tree at `target` for complete."""
    return os.path.isfile(os.path.join(target, MARKER))


def is_marker(path: str) -> bool:
    """Return whether a file of a payload, by its path below the root, would be taken for the marker.

    Such a payload must be refused, or half of it would pass for the whole; some crates contained a
    ``.cargo-ok`` of their own (CVE-2022-36113, rust-lang/cargo#11638).
    """
    return path.lower() == MARKER  # Windows ignores case


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
    """Yield the calls that delete the temporary place once a tree is complete, from below.

    Each is made once and may fail: files that are held stay behind and do no harm.
    """
    for folder, _, names in os.walk(tree.source, topdown=False):
        for name in names:
            path = os.path.join(folder, name)
            yield Call(path, None, partial(tree.files.delete_file, path))
        yield Call(folder, None, partial(tree.files.remove_directory, folder))


@dataclass(frozen=True, slots=True)
class Method:
    """A way: `calls` yields the primitive calls of a tree, in order; each is persisted on its own.

    With `in_place` the files are written at their final place from the start, and `clearing` has nothing
    to do. `primitive` names the call in records; ``None``: it is the tree's own. `about` explains it.
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
            "moves a tree file by file and retries only the files that are held; a marker commits",
            None,
            _moving,
        ),
        Method(
            "by linking files",
            "hard-links a tree file by file, which readers cannot block; a marker commits",
            "hardlink",
            _linking,
        ),
        Method(
            "in place",
            "writes a tree at its final place and moves nothing; a marker commits",
            "create",
            _commit,
            in_place=True,
        ),
    )
}
