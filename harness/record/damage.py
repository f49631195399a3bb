"""The damaged lines of a journal, in words: which they are, and what is wrong with them.

Readers leave them out, and every output says so. Resuming the run runs their trials again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from harness.text import counted

NAMED: Final = 3
"""So many of them are described."""
_LONGEST: Final = 200


@dataclass
class Damage:
    """Their number, and the first of them in words."""

    lines: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, number: int, what: str) -> None:
        """Add the line with this number, counted from 1."""
        self.lines += 1
        if len(self.told) < NAMED:
            self.told.append(f"line {number}: {' '.join(what.split())[:_LONGEST]}")


def left_out(lines: int, told: Sequence[str]) -> tuple[str, list[str]]:
    """What is left out, and the details: ``2 damaged lines of journal.jsonl``, one detail a line."""
    more = lines - len(told)
    return (
        f"Left out: {counted(lines, 'damaged line')} of the journal",
        [*told, *([f"and {more:,} more"] if more else [])],
    )
