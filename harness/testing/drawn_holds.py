"""The holds that a profile draws for a file or a folder of a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, get_args

from harness.holds.draw import HeldFile, draw_holds
from harness.holds.placement import place
from harness.holds.profile import ObjectName

if TYPE_CHECKING:
    from harness.holds.handles import Hold
    from harness.holds.profile import Profile

_PROGRAM: Final = b"MZ"
"""The first bytes of a Windows program or library."""
ITSELF: Final = "."


def drawn_on(profile: Profile, path: str, key: str) -> list[Hold]:
    """Draw holds on a file, or on a folder and what is in it. `key` makes the draw repeatable.

    In a trial a profile's holds fall on an operation's source, on its target or on a folder of either;
    here all of these are the path itself. Pipes, devices and links to nothing are left out.

    Raises `OSError` for a file that cannot be read.
    """
    files = list(_files_of(path))
    objects: dict[ObjectName, str] = dict.fromkeys(get_args(ObjectName), path)
    objects["target-parent"] = os.path.dirname(path)
    if not os.path.isdir(path):
        for folder in ("directory", "subdirectory", "target-folder"):
            del objects[folder]
    drawn = draw_holds(profile, files, key)
    return [hold for each in drawn if (hold := place(each, objects)) is not None]


def _files_of(path: str) -> Iterator[HeldFile]:
    if not os.path.isdir(path):
        yield _file(path, ITSELF)
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = os.path.join(folder, name)
            if os.path.isfile(file):
                yield _file(file, os.path.relpath(file, path).replace(os.sep, "/"))


def _file(path: str, name: str) -> HeldFile:
    with open(path, "rb") as file:
        return HeldFile(name, os.fstat(file.fileno()).st_size, is_pe=file.read(2) == _PROGRAM)
