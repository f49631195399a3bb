"""A place where programs run under denials: the protocol that all labs have.

A lab runs one command in a folder and returns what happened. What differs is who denies the calls, what
a denial looks like to the program, whether calls are seen, and how paths are spelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from harness.preload.denial import Denial
from harness.record.redaction import Redaction
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import LabName

MOST_LINES: Final = 2_000
"""Of a program's output, so many of the last lines are kept."""


class Lab(Protocol):
    """Runs commands under denials."""

    @property
    def name(self) -> LabName:
        """Its name."""
        ...

    @property
    def python(self) -> Path:
        """A Python that runs in it, as this system spells its path."""
        ...

    @property
    def windows_python(self) -> str | None:
        """The version of that Python, if it is one for Windows."""
        ...

    @property
    def sees_calls(self) -> bool:
        """Whether it sees the calls that are denied, as well as those that succeed."""
        ...

    def spelled(self, path: Path) -> str:
        """The path as its programs get it."""
        ...

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        home: Path,
        denials: Sequence[Denial] = (),
        undisturbed: Sequence[Execution] = (),
        environment: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> Execution:
        """Run a command in `folder`, under denials, for at most `timeout_s`.

        `undisturbed` are earlier runs of it, for labs that do not see calls: they say what is denied
        when. Nothing of it outlives the call. `home` is a folder that the program may take for its
        user's.
        """
        ...


_SEPARATORS: Final = ("\\" * 4, "\\" * 2, "\\", "/")
"""How programs print a separator: quoted twice, quoted, as it is, or as Linux does."""


def redaction_of(lab: Lab, folder: Path, home: Path) -> Redaction:
    """Hide where a program ran: its folder is ``.``, that of its user ``~``.

    Old releases of pip make paths of Windows small, and quote them in what they quote.
    """
    shown = [
        (spelled, instead)
        for path, instead in ((folder, "."), (home, "~"))
        for own in dict.fromkeys((lab.spelled(path), lab.spelled(path).lower()))
        for spelled in (*(own.replace("\\", each) for each in _SEPARATORS), str(path))
    ]
    return Redaction(folders=list(dict.fromkeys(shown)))
