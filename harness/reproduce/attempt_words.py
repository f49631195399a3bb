"""Attempts on what was denied in words: ``10 attempts at 0, 12, 35 … 2567 and 5132 ms, all denied``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.text import counted, joined, milliseconds

if TYPE_CHECKING:
    from harness.reproduce.outcome import SeenAttempt

MOST_TIMES: Final = 6


def attempt_words(attempts: Sequence[SeenAttempt]) -> str:
    """Say when a program tried, and which of the attempts were denied; empty if it did not try."""
    if not attempts:
        return ""
    denied = sum(each.denied for each in attempts)
    if len(attempts) == 1:
        return "1 attempt, denied" if denied else "1 attempt"
    times = [milliseconds(each.at_ms) for each in attempts]
    shown = joined(times) if len(times) <= MOST_TIMES else f"{joined(times[:3], ', ')} … {times[-1]}"
    how = "all denied" if denied == len(attempts) else f"{denied:,} of them denied"
    return f"{counted(len(attempts), 'attempt')} at {shown}, {how}"
