"""What a strategy does after it has given up: each way makes a call that is persisted like the first.

A way is given the operation and its last error, and returns the call, or ``None`` where it does not
apply: then the next way is asked, and in the end the error is reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from harness.strategy import actions
from harness.strategy.conditions import RENAMES
from harness.strategy.tree_methods import Tree, clearing
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.strategy.features import Feature
    from harness.strategy.file_calls import RenamePrimitive
    from harness.strategy.operation import Operation

WayName = Literal[
    "copy",
    "by moving files",
    "by linking files",
    "in place",
    "fresh temporary",
    "move-replace",
    "posix-rename",
    "replace-file",
    "deleting target",
    "put back",
    "clear read-only",
    "trash",
]
FallBack = Callable[["Operation", OSError], "Callable[[], object] | None"]
MOST: Final = 2
"""The most ways of a strategy: one, and one more after that."""


def copy(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Copy the file or the tree. After a rename the source is deleted, or left behind if that fails.

    uv's ``with_retry_sync`` does this for scripts, Unsloth's installer for trees.
    """
    del error
    if operation.target in {None, operation.source}:
        return None
    if operation.source_is_file():
        return partial(_copy_file, operation, str(operation.target))
    return _each_file(operation, operation.files.copy_file)


_LEAVE_SOURCE: Final = frozenset({"link", "symlink", "copy", "copy2", "copyfile", "copytree"})
"""Python's functions that make something of their source and leave it."""


def _is_moved(operation: Operation) -> bool:
    """Whether the operation takes its source away.

    So do renames, and calls of somebody's own, which are not known to leave it.
    """
    is_own = operation.kind == "call" and operation.primitive not in _LEAVE_SOURCE
    return is_own or operation.primitive in RENAMES


def _copy_file(operation: Operation, target: str) -> str:
    operation.files.copy_file(operation.source, target)
    if _is_moved(operation):
        with suppress(OSError):
            operation.files.delete_file(operation.source)
    return "CopyFileExW"


def move_files(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Move a tree file by file, so that only what is held is left to retry."""
    del error
    return _each_file(operation, lambda source, target: operation.files.rename(source, target, "move"))


def link_files(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Hard-link a tree file by file."""
    del error
    return _each_file(operation, operation.files.create_hard_link)


def _each_file(operation: Operation, bring: Callable[[str, str], object]) -> Callable[[], object] | None:
    paths = operation.files_of_tree()
    if paths is None:
        return None
    tree = Tree(operation.source, str(operation.target), paths, operation.files)

    def call() -> None:
        """Bring the files that are not there yet: a retry goes on where the last attempt stopped."""
        for path in tree.paths:
            target = os.path.join(tree.target, path)
            if not operation.is_there(target):
                operation.make_folder(os.path.dirname(target))
                bring(os.path.join(tree.source, path), target)
        if _is_moved(operation) and operation.is_there(tree.source):
            for clear in clearing(tree):
                with suppress(OSError):
                    clear.run()

    return call


def in_place(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Unpack a tree once more, at its final place: what is held stays behind in the temporary one."""
    del error
    return operation.unpack_in_place


def fresh_temporary(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Write the temporary file once more, under another name, and begin again (text-to-cad#283)."""
    del error
    if operation.renew is None:
        return None
    operation.source = operation.renew()
    return operation.call


def deleting_target(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Delete what has the target's name, then call: what JGit does in its last round."""
    del error
    if not operation.target_exists():
        return None
    call = operation.call
    return lambda: actions.deleting_target_first(operation, call)


def _with(primitive: RenamePrimitive) -> FallBack:
    """Make the rename by another primitive."""

    def call_of(operation: Operation, error: OSError) -> Callable[[], object] | None:
        del error
        if operation.target is None or operation.primitive not in RENAMES - {primitive}:
            return None
        return lambda: operation.files.rename(operation.source, str(operation.target), primitive)

    return call_of


def put_back(operation: Operation, error: OSError) -> None:
    """Give what was moved aside its name again, once; the error is reported in any case."""
    del error
    if operation.aside is not None and not operation.target_exists():
        with suppress(OSError):
            operation.files.rename(operation.aside, str(operation.target), "move")
            operation.aside = None


def clear_read_only(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Clear the read-only attribute of what the call changes, and begin again: Git, Go, rimraf."""
    del error
    for path in (operation.source, operation.target):
        if path is not None and operation.is_there(path):
            with suppress(OSError):
                operation.files.clear_read_only(path)
    return operation.call


def trash(operation: Operation, error: OSError) -> Callable[[], object] | None:
    """Rename what cannot be deleted, and leave it: conda's ``.conda_trash``."""
    del error
    if operation.trash is None:
        return None
    name = actions.free_name(os.path.join(operation.trash, os.path.basename(operation.source)))
    return lambda: operation.files.rename(operation.source, name, "move")


@dataclass(frozen=True, slots=True)
class Way:
    """What a way does, in words; its call; and of what an operation must have one to let it do that."""

    meaning: str
    call_of: FallBack
    needs: frozenset[Feature] = frozenset()

    @property
    def makes_targets(self) -> bool:
        """Whether it leaves something under the target's name if it fails, by calls of another kind."""
        return "tree-move" in self.needs


_PRIMITIVES: Final[tuple[tuple[WayName, RenamePrimitive, str], ...]] = (
    ("move-replace", "move-replace", "`MoveFileExW`"),
    ("posix-rename", "posix-rename", "`FileRenameInfoEx` with POSIX semantics"),
    ("replace-file", "replace-file", "`ReplaceFileW`"),
)
_NOT_ATOMIC: Final = "not atomic: others may see a part of it, and a failure may leave one"
WAYS: Final[Mapping[WayName, Way]] = {
    "copy": Way(
        f"copies the file or the tree under the same strategy; {_NOT_ATOMIC}",
        copy,
        frozenset({"file-move", "tree-move"}),
    ),
    "by moving files": Way(
        f"moves a tree file by file under the same strategy; {_NOT_ATOMIC}",
        move_files,
        frozenset({"tree-move"}),
    ),
    "by linking files": Way(
        f"hard-links a tree file by file under the same strategy; {_NOT_ATOMIC}",
        link_files,
        frozenset({"tree-move"}),
    ),
    "in place": Way(
        f"unpacks a tree again, at its final place, under the same strategy; {_NOT_ATOMIC}",
        in_place,
        frozenset({"tree-move"}),
    ),
    "fresh temporary": Way(
        "writes the temporary file again under another name, and begins again",
        fresh_temporary,
        frozenset({"temporary"}),
    ),
    **{
        name: Way(f"renames by {call} under the same strategy", _with(primitive), frozenset({"rename"}))
        for name, primitive, call in _PRIMITIVES
    },
    "deleting target": Way(
        "deletes the target before each call, and begins again",
        deleting_target,
        frozenset({"old-target"}),
    ),
    "put back": Way(
        "gives what was moved aside its name again, and reports the error",
        put_back,
        frozenset({"old-target"}),
    ),
    "clear read-only": Way(
        "clears the read-only attribute of source and target, and begins again", clear_read_only
    ),
    "trash": Way(
        "renames what cannot be deleted, and leaves it under that name", trash, frozenset({"removal"})
    ),
}
"""The ways by the words after ``else``."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One way after giving up; with `codes`, only if the last error has one of them.

    Its call is made under the same strategy; with `attempts`, at most so often.
    """

    way: WayName
    attempts: int | None = None
    codes: tuple[int, ...] | None = None

    def __str__(self) -> str:
        counted = {None: "", 1: " once"}.get(self.attempts, f" {self.attempts} attempts")
        listed = "" if self.codes is None else f" on {','.join(map(str, self.codes))}"
        return f"else {self.way}{counted}{listed}"

    @property
    def label(self) -> str:
        """The words without counts and codes."""
        return f"else {self.way}"

    @property
    def explanation(self) -> str:
        """What it does, as a sentence."""
        when = "" if self.codes is None else f" with {' or '.join(map(str, self.codes))}"
        counted = {None: "", 1: "; once"}.get(self.attempts, f"; at most {self.attempts} times")
        return f"After giving up{when}, {WAYS[self.way].meaning}{counted}."

    def fall_back(self, operation: Operation, error: OSError) -> Callable[[], object] | None:
        """Return the call to make instead, if any."""
        if self.codes is not None and winerror_of(error) not in self.codes:
            return None
        return WAYS[self.way].call_of(operation, error)
