"""What becomes of a policy in a situation where something is held: its course, by the sharing rules.

Two situations stand for what installers do. The operation is made on names alone: `share_rules` says
which call fails with which code, and the policy's own loop does what it does, on a virtual clock.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from typing_extensions import override

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds import sharing_rules
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Access, Section, Share
from harness.holds.sharing_rules import DeleteSemantics, Handle, Node
from harness.strategy.attempt import Attempt
from harness.strategy.file_calls import FileCalls
from harness.strategy.operation import Install, Operation
from harness.strategy.schedules import MAX_ATTEMPTS
from harness.strategy.tree_methods import Tree
from harness.winerror import win32_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.holds.profile import HandleKind, ObjectName
    from harness.strategy.attempt import Verdict
    from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive
    from harness.strategy.loop import Strategy

Place = Literal["source", "below", "target", "parent"]
"""Where a handle is: on what is moved, on a file in it, on what has the new name, on its folder."""

HELD_FILE_BYTES: Final = 38_000_000
"""The size declared for the held file: numpy's largest library, libopenblas64, has 38 MB."""

# No name on any disk has a NUL in it: whatever looks there finds nothing.
_SOURCE: Final = "source\0"
_TARGET: Final = "target\0"
_HELD_FILE: Final = "held\0"


@dataclass(frozen=True)
class Situation:
    """An operation that something may hold, and where the objects of profiles are in it."""

    name: Literal["directory", "file"]
    title: str
    is_directory: bool
    target_exists: bool
    has_temporary: bool
    places: Mapping[ObjectName, Place]


DIRECTORY: Final = Situation(
    "directory",
    "Renaming a directory to a new name, with the held file in it",
    is_directory=True,
    target_exists=False,
    has_temporary=False,
    places={
        "source": "source",
        "directory": "source",
        "child": "below",
        "largest-pe": "below",
        "target-parent": "parent",
    },
)
FILE: Final = Situation(
    "file",
    "Replacing one file by a rename, the new or the old one held",
    is_directory=False,
    target_exists=True,
    has_temporary=True,
    places={
        "source": "source",
        "child": "source",
        "largest-pe": "source",
        "target": "target",
        "target-parent": "parent",
    },
)
SITUATIONS: Final = (DIRECTORY, FILE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A handle at its place. The file it is on is a program, so profiles of programs fit."""

    place: Place
    access: Access
    share: Share
    section: Section | None = None
    locks_bytes: bool = False

    def handle(self) -> Handle:
        """In the words of the sharing rules."""
        return Handle(self.place, self.access, self.share, self.section, self.locks_bytes)


def placed(kind: HandleKind, situation: Situation) -> Placed | None:
    """Give a handle its place. ``None`` if the situation has no such object."""
    place = situation.places.get(kind.object)
    if place is None:
        return None
    section = Section(kind.section) if kind.section else None
    return Placed(
        place, ACCESS_NAMES[kind.access], SHARE_NAMES[kind.share], section, kind.byte_range_lock
    )


def granted(holds: Sequence[Placed]) -> list[int]:
    """Which of `holds`, by number, are granted if asked for in that order: some exclude others."""
    numbers: list[int] = []
    for number, hold in enumerate(holds):
        there = [holds[other].handle() for other in numbers if holds[other].place == hold.place]
        if sharing_rules.open_existing(Node(hold.place, handles=there), hold.access, hold.share) is None:
            numbers.append(number)
    return numbers


@dataclass(frozen=True, slots=True)
class Course:
    """What a policy does against holds that never end.

    `attempts_ms` are the starts of its attempts, from the first; `codes` the Win32 error of each,
    ``None`` for one that succeeded in spite of the holds (only the last can). `ended_ms` is when it says
    so, or gives up, with `verdict`; that is ``None`` after a success, or where the listing was cut.
    """

    attempts_ms: tuple[float, ...]
    codes: tuple[int | None, ...]
    ended_ms: float
    verdict: Verdict | None

    @property
    def succeeded(self) -> bool:
        """Whether the holds are no hindrance to it in the end."""
        return self.codes[-1] is None

    @property
    def denied_ms(self) -> tuple[float, ...]:
        """The starts of the attempts that fail."""
        return self.attempts_ms[:-1] if self.succeeded else self.attempts_ms


def course(
    strategy: Strategy,
    situation: Situation,
    holds: Sequence[Placed],
    *,
    attempt_cost_ms: float = 0.0,
    seed: int = 0,
    max_attempts: int = MAX_ATTEMPTS,
) -> Course:
    """Let `strategy` do the operation of `situation` against `holds` that never end.

    The primitive is ``MoveFileExW`` with replacement. An attempt takes `attempt_cost_ms`; what a policy
    does besides its attempts takes no time. A way of its own to bring a tree to its place is followed
    for the held file alone.
    """
    return _Stage(strategy, situation, holds, attempt_cost_ms).run(seed, max_attempts)


class _Operation(Operation):
    """An operation on names that are on no disk."""

    __slots__ = ("stage",)
    stage: _Stage

    def target_exists(self) -> bool:
        return self.stage.target_exists

    def target_is_directory(self) -> bool:
        return False

    def source_is_file(self) -> bool:
        return not self.stage.moves_directory


class _Stage(FileCalls):
    """Names, who holds them, and what the calls of a policy change about that."""

    def __init__(
        self, strategy: Strategy, situation: Situation, holds: Sequence[Placed], attempt_cost_ms: float
    ) -> None:
        self.strategy = strategy
        self.clock = VirtualClock()
        self.cost_ns = round(attempt_cost_ms * NS_PER_MS)
        self.target_exists = situation.target_exists
        self.method = strategy.method if situation.is_directory else None
        self.moves_directory = situation.is_directory and self.method is None
        self.handles: dict[Place, list[Handle]] = {}
        for hold in holds:
            inside = hold.place == "below" and not self.moves_directory
            self.handles.setdefault("source" if inside else hold.place, []).append(hold.handle())
        self.starts_ms: list[float] = []
        self.codes: list[int | None] = []

    def run(self, seed: int, max_attempts: int) -> Course:
        """Go through the policy's loop."""
        operation = _Operation(
            "rename",
            (self.method and self.method.primitive) or "move-replace",
            _SOURCE,
            _TARGET,
            self.call,
            self.attempted,
            self,
        )
        operation.stage = self
        self.strategy.prepare(operation)
        attempt = Attempt(operation, Install(), self.clock, random.Random(seed), 0)
        try:
            operation.attempt()
        except OSError as error:
            self.retry(attempt, error, max_attempts)
        return Course(
            tuple(self.starts_ms),
            tuple(self.codes),
            self.clock.now_ns() / NS_PER_MS,
            attempt.verdict if self.codes[-1] is not None else None,
        )

    def retry(self, attempt: Attempt, error: OSError, max_attempts: int) -> None:
        """Go on after the first failure."""
        try:
            for wait_s in self.strategy.retries(attempt, error):
                if len(self.starts_ms) >= max_attempts:
                    break
                self.clock.sleep(wait_s)
        except OSError:
            pass

    def attempted(self, call: Any) -> None:
        """Make an attempt and write it down."""
        self.starts_ms.append(self.clock.now_ns() / NS_PER_MS)
        code: int | None = None
        try:
            call()
        except OSError as error:
            code = getattr(error, "winerror", 0)
            raise
        finally:
            self.codes.append(code)
            self.clock.advance_ns(self.cost_ns)

    def node(self, place: Place) -> Node:
        """What the rules need to know."""
        return Node(
            place,
            exists=place != "target" or self.target_exists,
            is_directory=place == "parent" or (place == "source" and self.moves_directory),
            is_empty=False,
            handles=self.handles.get(place, ()) if place != "target" or self.target_exists else (),
            below=[handle for handle in self.handles.get("below", ()) if handle.section is None],
        )

    def call(self) -> None:
        """The primitive: a rename, or the first call that a method makes for a tree of the held file."""
        if self.method is None:
            self.rename(_SOURCE, _TARGET, "move-replace")
        else:
            next(self.method.calls(Tree(_SOURCE, _TARGET, [_HELD_FILE], self, "move-replace"))).run()

    # ---- the file calls of a strategy and of its method --------------------------------------------

    @override
    def rename(self, source: str, target: str, primitive: RenamePrimitive) -> str:
        """Move the source to the target's name, or the target out of the way."""
        parent = self.node("parent")
        if source.startswith(_SOURCE):
            _refuse(sharing_rules.move(self.node("source"), self.node("target"), parent, replace=True))
        else:
            aside = Node(target, exists=False)
            _refuse(sharing_rules.move(self.node("target"), aside, parent, replace=primitive != "move"))
            self.target_exists = False
        return "MoveFileExW"

    @override
    def delete_file(self, path: str, primitive: DeletePrimitive = "delete") -> None:
        """Delete what has the target's name. What was moved aside is held by nothing."""
        if path == _TARGET:
            _refuse(sharing_rules.delete_file(self.node("target"), DeleteSemantics.POSIX))
            self.target_exists = False

    @override
    def remove_directory(self, path: str) -> None:
        """No directory is in the way in any situation."""

    @override
    def create_hard_link(self, source: str, link: str) -> None:
        node = self.node
        _refuse(sharing_rules.create_hard_link(node("source"), node("target"), node("parent")))

    @override
    def copy_file(self, source: str, target: str) -> None:
        _refuse(sharing_rules.copy_file(self.node("source"), self.node("target")))

    @override
    def create_file(self, path: str, content: bytes) -> None:
        """The marker of a tree: nothing can hold what does not exist yet."""


def _refuse(denial: sharing_rules.Denial | None) -> None:
    if denial is not None:
        raise win32_error(denial.code)
