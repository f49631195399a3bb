"""One run of a program: how it ended, what it said, which calls it made, and what it left on disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.file_tree import Tree
from harness.preload.denial_log import LoggedCall, attempts_of
from harness.reproduce.hold_evidence import HoldEvidence

_OF_ERRORS: Final = (
    "error",
    "denied",
    "failed",
    "eperm",
    "ebusy",
    "eacces",
    "enotempty",
    "cannot",
    "in use",
    "being used",
    "not permitted",
)
"""Words of lines that say why something failed."""

_PART: Final = re.compile(r"\s*\w+: .*,$|\s*at .*\)$")
"""Lines of an error of JavaScript that is printed as an object, with its trace."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A run of a program under `denials` denials.

    `exit_code` is ``None`` if it was ended after its time limit. `output` are the lines of both streams,
    without names of this machine. Where calls are not seen, `holds` says what denied them, and `calls`
    are those that changed something. Paths of `calls` and `tree` are relative to the run's folder.
    """

    exit_code: int | None
    elapsed_s: float
    output: Sequence[str]
    calls: Sequence[LoggedCall]
    tree: Tree
    denials: int = 0
    holds: HoldEvidence | None = None

    @property
    def attempts(self) -> list[LoggedCall]:
        """The calls on what was denied."""
        return attempts_of(self.calls, self.denials)

    @property
    def last_words(self) -> str:
        """The last line that says something of an error, or the last line; empty if there is none."""
        spoken = [line.strip() for line in self.output if line.strip() and not _PART.match(line)]
        errors = [line for line in spoken if any(word in line.lower() for word in _OF_ERRORS)]
        return (errors or spoken or [""])[-1]
