"""The target shapes that predictions are made for, and where the handles of profiles are in them.

Two shapes stand for what installers do: renaming a directory, and replacing a file. Others are made for
an operation that is asked about: see `harness.predict.operation_shapes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from harness.holds import sharing_rules
from harness.holds.sharing_rules import Node, OpenHandle
from harness.strategy.catalogue import MOVING
from harness.strategy.file_calls import SYSTEM_CALLS, RenamePrimitive
from harness.strategy.purpose import Purpose

if TYPE_CHECKING:
    from harness.holds.handles import Hold
    from harness.holds.profile import ObjectName
    from harness.strategy.features import Feature

OtherCall = Literal["delete", "read", "copy", "link"]
CallName = Literal["rename", OtherCall]
ShapeName = Literal["directory", "file", OtherCall]
"""What is renamed; the shape of another call has its name."""
HandlePlace = Literal["source", "below", "target", "parent"]
"""Where a handle is: on what is moved, on a file in it, on what has the new name, on its folder."""

_OTHER_CALLS: Final[Mapping[OtherCall, str]] = {
    "delete": "DeleteFileW",
    "read": "CreateFileW, then ReadFile",
    "copy": "CopyFileExW",
    "link": "CreateHardLinkW",
}


@dataclass(frozen=True, eq=False)
class TargetShape:
    """An operation on a directory or a file, and where in it the objects of profiles are.

    A directory is renamed to a new name. A file is written under a temporary name, and replaces another.
    `purpose` is what strategies are wanted for there, `features` what their clauses can count on.
    `has_target`: something has the new name already. `primitive` is that of a rename; `compared` are the
    operations of the strategies that it is ranked among.
    """

    name: ShapeName
    title: str
    is_directory: bool
    places: Mapping[ObjectName, HandlePlace]
    purpose: Purpose
    features: frozenset[Feature]
    call: CallName = "rename"
    has_target: bool = False
    primitive: RenamePrimitive = "move-replace"
    compared: frozenset[str] = MOVING

    @property
    def system_call(self) -> str:
        """The call that an attempt makes."""
        return SYSTEM_CALLS[self.primitive] if self.call == "rename" else _OTHER_CALLS[self.call]


DIRECTORY: Final = TargetShape(
    "directory",
    "Renaming a directory to a new name, with the held file in it",
    is_directory=True,
    places={
        "source": "source",
        "directory": "source",
        "child": "below",
        "subdirectory": "below",
        "largest-pe": "below",
        "target-parent": "parent",
    },
    purpose=Purpose("rename", "directory", "renaming a directory"),
    features=frozenset({"rename", "target", "tree-move"}),
)
FILE: Final = TargetShape(
    "file",
    "Replacing one file by a rename, the new or the old one held",
    is_directory=False,
    places={
        "source": "source",
        "child": "source",
        "children": "source",
        "largest-pe": "source",
        "target": "target",
        "target-parent": "parent",
    },
    purpose=Purpose("replace", "file", "replacing a file"),
    features=frozenset({"rename", "target", "old-target", "temporary", "file-move"}),
    has_target=True,
)
SHAPES: Final = (DIRECTORY, FILE)


def granted(holds: Sequence[Hold]) -> list[int]:
    """Return the numbers of those of `holds` that are granted in that order: some exclude others."""
    numbers: list[int] = []
    for number, hold in enumerate(holds):
        there = [OpenHandle.of(holds[other]) for other in numbers if holds[other].path == hold.path]
        if sharing_rules.open_existing(Node(hold.path, handles=there), hold.access, hold.share) is None:
            numbers.append(number)
    return numbers
