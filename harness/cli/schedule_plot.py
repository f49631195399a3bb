"""Draw the schedule of a strategy as text: attempt times on a logarithmic axis."""

from __future__ import annotations

import math
from typing import Final

from harness.strategy.durations import spell_number
from harness.strategy.schedules import Schedule

FIRST_MS: Final = 1.0
"""The axis begins here; earlier attempts stand left of it, at 0."""
GAP: Final = 3


def text_plot(schedule: Schedule, width: int = 72) -> str:
    """Draw attempts as marks: ``|`` for one, ``2`` to ``9`` for several in one column, ``#`` for more.

    The axis is logarithmic from 1 ms to the power of ten above the last attempt.
    """
    last = max(schedule.attempts_ms[-1], 10 * FIRST_MS)
    decades = math.ceil(math.log10(last / FIRST_MS))
    columns = width - GAP
    counts: dict[int, int] = {}
    for attempt in schedule.attempts_ms:
        place = 0
        if attempt >= FIRST_MS:
            place = GAP + round(math.log10(attempt / FIRST_MS) / decades * (columns - 1))
        counts[place] = counts.get(place, 0) + 1
    marks = "".join(_mark(counts.get(place, 0)) for place in range(width))
    axis, labels = [" "] * width, [" "] * (width + 8)
    for decade in range(decades + 1):
        place = GAP + round(decade / decades * (columns - 1))
        axis[place] = "+"
        label = _label(FIRST_MS * 10**decade)
        labels[place : place + len(label)] = label
    axis[0] = "+"
    labels[0] = "0"
    line = "".join("-" if character == " " else character for character in axis)
    return "\n".join([marks.rstrip(), line, "".join(labels).rstrip()])


def _mark(count: int) -> str:
    if count == 0:
        return " "
    if count == 1:
        return "|"
    return str(count) if count < 10 else "#"  # noqa: PLR2004 - one column, one character


def _label(milliseconds: float) -> str:
    if milliseconds < 1000:  # noqa: PLR2004
        return f"{spell_number(milliseconds)}ms"
    return f"{spell_number(milliseconds / 1000)}s"
