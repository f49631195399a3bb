"""The target shapes that predictions are made for, and where the handles of profiles are in them.

Two shapes stand for what installers do: renaming a directory, and replacing a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from harness.holds import sharing_rules
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Access, Section, Share
from harness.holds.sharing_rules import Node, OpenHandle

if TYPE_CHECKING:
    from harness.holds.profile import HandleKind, ObjectName

HandlePlace = Literal["source", "below", "target", "parent"]
"""Where a handle is: on what is moved, on a file in it, on what has the new name, on its folder."""


@dataclass(frozen=True, eq=False)
class TargetShape:
    """An operation on a directory or a file, and where in it the objects of profiles are."""

    name: Literal["directory", "file"]
    title: str
    is_directory: bool
    target_exists: bool
    has_temporary: bool
    places: Mapping[ObjectName, HandlePlace]


DIRECTORY: Final = TargetShape(
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
FILE: Final = TargetShape(
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
SHAPES: Final = (DIRECTORY, FILE)


@dataclass(frozen=True, slots=True)
class PlacedHandle:
    """A handle at its place. The file it is on is a program, so profiles of programs fit."""

    place: HandlePlace
    access: Access
    share: Share
    section: Section | None = None
    locks_bytes: bool = False

    def handle(self) -> OpenHandle:
        """Return it as the sharing rules take it."""
        return OpenHandle(self.place, self.access, self.share, self.section, self.locks_bytes)


def placed(kind: HandleKind, shape: TargetShape) -> PlacedHandle | None:
    """Give a handle its place; ``None`` if the shape has no such object."""
    place = shape.places.get(kind.object)
    if place is None:
        return None
    access, share = ACCESS_NAMES[kind.access], SHARE_NAMES[kind.share]
    return PlacedHandle(place, access, share, kind.section, kind.byte_range_lock)


def granted(holds: Sequence[PlacedHandle]) -> list[int]:
    """Return the numbers of those of `holds` that are granted in that order: some exclude others."""
    numbers: list[int] = []
    for number, hold in enumerate(holds):
        there = [holds[other].handle() for other in numbers if holds[other].place == hold.place]
        if sharing_rules.open_existing(Node(hold.place, handles=there), hold.access, hold.share) is None:
            numbers.append(number)
    return numbers
