"""What a strategy does while something is held: its attempts, by the sharing rules.

The operation is made on names alone: `harness.holds.sharing_rules` decides which call fails with which
code, and the strategy's own loop runs on a virtual clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from harness.holds import sharing_rules
from harness.holds.sharing_rules import Node, OpenHandle
from harness.strategy.file_calls import DeletePrimitive, FileCalls, RenamePrimitive
from harness.strategy.schedules import MAX_ATTEMPTS, Schedule, VirtualOperation
from harness.strategy.timetable import MAX_HOT_ATTEMPTS, attempt_cost_of, drawn_schedules
from harness.strategy.tree_methods import Tree
from harness.winerror import ACCESS_DENIED, win32_error

if TYPE_CHECKING:
    from harness.holds.handles import Hold
    from harness.predict.shapes import HandlePlace, TargetShape
    from harness.strategy.loop import Strategy
    from harness.strategy.spec import StrategySpec

_PROBED: Final = 3
"""After this many failed attempts, nothing that a strategy does around its calls changes any more: what
it deletes or moves away is gone with the first attempt that may do so.
"""

# No name on any disk has a NUL in it, so a strategy that looks there finds nothing.
_SOURCE: Final = "source\0"
_TARGET: Final = "target\0"
_HELD_FILE: Final = "held\0"


@lru_cache(maxsize=4096)
def first_attempts(spec: StrategySpec, shape: TargetShape, holds: tuple[Hold, ...]) -> Schedule:
    """Trace the first attempts of a strategy against `holds` that never end: up to `_PROBED`.

    Where all of them fail, the rest fails in the same way at the times of its timetable.
    """
    cost_ms = attempt_cost_of(spec)
    strategy = spec.strategy(str(spec))
    return trace_attempts(strategy, shape, holds, attempt_cost_ms=cost_ms, max_attempts=_PROBED)


def answering(spec: StrategySpec, shape: TargetShape, holds: tuple[Hold, ...]) -> StrategySpec:
    """Return the strategy that `spec` is against `holds`: where one error answers all, that after it."""
    if not spec.after_errors:
        return spec
    codes = {code for code in first_attempts(spec, shape, holds).codes if code is not None}
    return spec.after(*codes) if len(codes) == 1 else spec


def gets_through(spec: StrategySpec, shape: TargetShape, holds: tuple[Hold, ...]) -> bool:
    """Return whether a strategy succeeds in spite of `holds` that never end."""
    if not spec.otherwise:
        return first_attempts(spec, shape, holds).succeeded
    return any(trace.succeeded for trace in traces_of(spec, shape, holds))


@lru_cache(maxsize=4096)
def traces_of(spec: StrategySpec, shape: TargetShape, holds: tuple[Hold, ...]) -> tuple[Schedule, ...]:
    """Trace a strategy against `holds` that never end: once, or with jitter once per draw.

    Where the first attempts show that every one fails the same way, the rest is its timetable.
    """
    probe = first_attempts(spec, shape, holds)
    if len(probe.codes) == 1:
        return (probe,)
    schedules = drawn_schedules(answering(spec, shape, holds))
    if probe.succeeded or probe.verdict is not None or spec.leaves_timetable:
        strategy, cost_ms = spec.strategy(str(spec)), attempt_cost_of(spec)
        most = MAX_HOT_ATTEMPTS if cost_ms else MAX_ATTEMPTS
        return tuple(
            trace_attempts(strategy, shape, holds, attempt_cost_ms=cost_ms, seed=seed, max_attempts=most)
            for seed in range(len(schedules))
        )
    return tuple(
        replace(
            listed,
            codes=(*probe.codes, *[probe.codes[-1]] * (len(listed.attempts_ms) - len(probe.codes))),
        )
        for listed in schedules
    )


def trace_attempts(
    strategy: Strategy,
    shape: TargetShape,
    holds: Sequence[Hold],
    *,
    attempt_cost_ms: float = 0.0,
    seed: int = 0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Schedule:
    """Run the loop of `strategy` on the operation of `shape`, against `holds` that never end.

    The call is that of the shape. An attempt takes `attempt_cost_ms`; what a
    strategy does besides its attempts takes no time. A tree method is followed for the held file alone.
    """
    operation = _SimulatedFiles(strategy, shape, holds, attempt_cost_ms).operation
    strategy.prepare(operation)
    return operation.run(strategy, seed=seed, max_attempts=max_attempts)


class _SimulatedFiles(FileCalls):
    """Names, the handles on them, and what the calls of a strategy change about that."""

    def __init__(
        self,
        strategy: Strategy,
        shape: TargetShape,
        holds: Sequence[Hold],
        attempt_cost_ms: float,
    ) -> None:
        self.shape = shape
        self.method = strategy.method if shape.is_directory else None
        self.moves_directory = shape.is_directory and self.method is None
        self.operation = VirtualOperation(
            shape.call,
            (self.method and self.method.primitive) or shape.primitive,
            _SOURCE,
            None if shape.call in {"delete", "read"} else _TARGET,
            self.call,
            files=self,
            renew=self.renew if shape.call == "rename" and not shape.is_directory else None,
            has_target=shape.has_target,
            is_file=not self.moves_directory,
            tree_files=[_HELD_FILE] if self.moves_directory else (),
            attempt_cost_ms=attempt_cost_ms,
            unpack_in_place=self.unpack_in_place if self.moves_directory else None,
        )
        self.handles: dict[str, list[OpenHandle]] = {}
        for hold in holds:
            inside = hold.path == "below" and not self.moves_directory
            self.handles.setdefault("source" if inside else hold.path, []).append(OpenHandle.of(hold))

    def node(self, place: HandlePlace) -> Node:
        """Return what the sharing rules need to know of a place."""
        exists = place != "target" or self.operation.has_target
        return Node(
            place,
            exists=exists,
            is_directory=place == "parent" or (place == "source" and self.moves_directory),
            is_empty=False,
            handles=self.handles.get(place, ()) if exists else (),
            below=[handle for handle in self.handles.get("below", ()) if handle.is_open],
        )

    def named(self, path: str) -> Node:
        """Return the same of a name: the held file of a tree is there, and nothing in its new place."""
        if not path.endswith(_HELD_FILE):
            return self.node("source" if path.startswith(_SOURCE) else "target")
        place: HandlePlace = "below" if self.moves_directory else "source"
        if path.startswith(_SOURCE):
            return Node(path, handles=self.handles.get(place, ()))
        return Node(path, exists=False)

    def call(self) -> None:
        """Make the primitive call: a rename, or the first call of a method for the held file."""
        if self.method is None:
            self.primitive_call()
        else:
            next(self.method.calls(Tree(_SOURCE, _TARGET, [_HELD_FILE], self, "move-replace"))).run()

    def primitive_call(self) -> None:
        """Make the call of the shape."""
        match self.shape.call:
            case "rename":
                self.rename(_SOURCE, _TARGET, self.shape.primitive)
            case "delete":
                _refuse(sharing_rules.delete_file(self.node("source"), "posix"))
            case "read":
                _refuse(sharing_rules.read(self.node("source")))
            case "copy":
                self.copy_file(_SOURCE, _TARGET)
            case "link":
                self.create_hard_link(_SOURCE, _TARGET)

    def renew(self) -> str:
        """Write the temporary file again: what was held is the one before."""
        self.handles.pop("source", None)
        return _SOURCE

    def unpack_in_place(self) -> None:
        """Write the tree at the target, where nothing is yet that could be held."""

    # ---- the file calls of a strategy and of its method --------------------------------------------

    @override
    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """Move the source to the target's name, or the target out of the way."""
        parent = self.node("parent")
        if source.startswith(_SOURCE):
            from_node, to_node = self.named(source), self.named(target)
            match primitive:
                case "posix-rename":
                    _refuse(sharing_rules.posix_rename(from_node, to_node, parent))
                case "replace-file":
                    _refuse(sharing_rules.replace_file(to_node, from_node))
                case "rust-rename" if _moves(from_node, to_node, parent) == ACCESS_DENIED:
                    _refuse(sharing_rules.posix_rename(from_node, to_node, parent))
                case _:
                    _refuse(sharing_rules.move(from_node, to_node, parent, replace=True))
        elif not source.startswith(_TARGET):  # what was moved aside goes back
            self.operation.has_target = True
        else:
            aside = Node(target, exists=False)
            _refuse(sharing_rules.move(self.node("target"), aside, parent, replace=primitive != "move"))
            self.operation.has_target = False
        return "MoveFileExW"

    @override
    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        """Delete what has the target's name. What was moved aside is held by nothing."""
        if path == _TARGET:
            _refuse(sharing_rules.delete_file(self.node("target"), "posix"))
            self.operation.has_target = False

    @override
    def remove_directory(self, path: str) -> None:
        """No directory is in the way in any shape."""

    @override
    def create_hard_link(self, source: str, link: str) -> None:
        parent = self.node("parent")
        _refuse(sharing_rules.create_hard_link(self.named(source), self.named(link), parent))

    @override
    def copy_file(self, source: str, target: str) -> None:
        _refuse(sharing_rules.copy_file(self.named(source), self.named(target)))

    @override
    def clear_read_only(self, path: str) -> None:
        """No file is read-only in any shape."""

    @override
    def create_file(self, path: str, content: bytes) -> None:
        """The marker of a tree: nothing can hold what does not exist yet."""


def _moves(source: Node, target: Node, parent: Node) -> int | None:
    """The code of a ``MoveFileExW``; after 5, Rust's rename asks for POSIX semantics."""
    denial = sharing_rules.move(source, target, parent, replace=True)
    return None if denial is None else denial.code


def _refuse(denial: sharing_rules.Denial | None) -> None:
    if denial is not None:
        raise win32_error(denial.code)
