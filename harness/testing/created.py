"""Files that are held when they come: a scanner opens what was just written.

The call that makes a file is heard of before the file is there, and its writer has it open for a while.
So a new file is held before the next call, once this process has closed it.
"""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.testing.sites import is_of_python

if TYPE_CHECKING:
    from harness.testing.calls import Call

HoldIt = Callable[[str], bool]
"""Holds a file that came; returns whether it could be."""


class CreatedFiles:
    """The files that are to be held when they come, and those that came."""

    def __init__(self) -> None:
        self._wanted: list[tuple[str, HoldIt]] = []
        self._came: list[tuple[str, HoldIt]] = []

    def expect(self, pattern: str, hold_it: HoldIt) -> None:
        """Have files held whose name matches `pattern`, or whose path does if it has a separator."""
        self._wanted.append((pattern, hold_it))

    def note(self, call: Call) -> None:
        """Take notice of a call that may make a file."""
        path = call.creates
        if path is None or (call.name == "open" and os.path.lexists(path)):
            return
        if not is_of_python(path):
            self._came += [
                (path, hold_it) for pattern, hold_it in self._wanted if matches(path, pattern)
            ]

    def hold(self) -> None:
        """Hold what came and is closed."""
        if not self._came:
            return
        open_now = set(_open_here())
        came, self._came = self._came, []
        for path, hold_it in came:
            is_open = os.path.realpath(path) in open_now
            if is_open or (os.path.isfile(path) and not hold_it(path)):
                self._came.append((path, hold_it))


def matches(path: str, pattern: str) -> bool:
    """Whether the name of a file matches, or its path if the pattern has a separator."""
    has_folder = os.sep in pattern or "/" in pattern
    return fnmatch.fnmatch(path if has_folder else os.path.basename(path), pattern)


def _open_here() -> Iterator[str]:
    """Yield what this process has open; elsewhere than on Linux, opening it answers that."""
    if sys.platform != "linux":
        return
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:  # closed meanwhile
            continue
