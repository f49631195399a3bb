"""Differences of times in words: by how much, and where blocks and their mean disagree."""

from __future__ import annotations

import math
from typing import Final

from harness.summary.conclusion import TimeDifference
from harness.summary.paired_estimates import SAME
from harness.text import figures, joined, milliseconds

_MOST: Final = 2 / 3
"""The share of the blocks that makes "usually", where nothing is decided."""


def longer(found: TimeDifference) -> str:
    """By how much it takes longer: in the median block, and as a ratio with its interval."""
    assert found.median_ms is not None  # noqa: S101 - it is slower
    low, high = figures(found.interval.low, "down"), figures(found.interval.high, "up")
    ratio = (
        figures(found.ratio) if found.interval.high - found.interval.low < SAME else f"{low} to {high}"
    )
    return f"by {milliseconds(found.median_ms)} ({ratio} times as long)"


def mixed_words(found: TimeDifference) -> str:
    """How times differ where most blocks and the mean point in opposite directions; else empty."""
    if found.median_ms is None or found.mean_ms is None:
        return ""
    signs = {
        math.copysign(1, each) for each in (found.mean_ms, math.log(found.ratio)) if abs(each) > SAME
    }
    usual = math.copysign(1, found.median_ms) if found.median_ms else 0.0
    decided = found.verdict in {"better", "worse"}
    if not signs - {usual} or not (usual or decided):
        return ""
    same = found.draws - found.slower - found.faster
    number = {1.0: found.slower, -1.0: found.faster, 0.0: same}[usual]
    # what differs by chance has half of the blocks on either side
    if not decided and number < _MOST * found.draws:
        return ""
    slower = f"{milliseconds(found.slower_ms)} slower"
    faster = f"{milliseconds(found.faster_ms)} faster"
    words = {1.0: slower, -1.0: faster, 0.0: "as fast"}[usual]
    rest = [
        f"{kind} in {number:,} of {found.draws:,}"
        for sign, kind, number in ((1.0, slower, found.slower), (-1.0, faster, found.faster))
        if number and sign != usual
    ]
    return f"usually {words}, but {joined(rest)}"
