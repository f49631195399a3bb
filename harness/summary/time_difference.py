"""Compare the times of two strategies, over the blocks in which both succeeded."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from statistics import fmean, median
from typing import NamedTuple

from harness.summary.conclusion import TimeDifference
from harness.summary.pair import Pair, Setting
from harness.summary.paired_estimates import MIN_TIME_DRAWS, SAME, blocks_needed, log_ratio, mean_log
from harness.summary.statistics import Interval
from harness.summary.verdict import verdict


class DrawTime(NamedTuple):
    """The difference of times under one draw of the holds: a mean, however often it was measured."""

    log: float
    """Logarithm of the ratio of the first's time to the second's."""
    difference_ms: float


def times_by_draw(pair: Pair, setting: Setting) -> list[DrawTime]:
    """What can be told of the times under each draw; 0 where the platform cannot tell them apart."""
    found: dict[Hashable, list[DrawTime]] = defaultdict(list)
    for mine, other in pair.common:
        if not mine.failed and not other.failed:
            log = log_ratio(
                mine.elapsed_ms,
                other.elapsed_ms,
                setting.same_within_ms(abs(mine.calls - other.calls)),
            )
            found[mine.draw].append(DrawTime(log, (mine.elapsed_ms - other.elapsed_ms) if log else 0.0))
    return [
        DrawTime(fmean(each.log for each in same), fmean(each.difference_ms for each in same))
        for same in found.values()
    ]


def compare_times(
    pair: Pair, times: Sequence[DrawTime], margin: float, confidence: float = 0.95
) -> TimeDifference:
    """Compare the times of a pair, as `times_by_draw` gives them.

    `margin` is a share of the time: 0.1 for up to 10 % longer, and as a ratio the same downwards.
    """
    logs = [each.log for each in times]
    estimate = mean_log(logs, confidence=confidence)
    margin = math.log1p(margin)
    said = verdict(estimate.interval, margin) if logs else "not compared"
    needed = math.nan
    if said == "undecided":
        # a run's blocks are counted, not only those in which both succeed
        most = blocks_needed(estimate, margin, len(logs), confidence=confidence)
        needed = (most if len(logs) >= MIN_TIME_DRAWS else MIN_TIME_DRAWS) * pair.number / len(logs)
    slower = [each.difference_ms for each in times if each.log > SAME]
    faster = [-each.difference_ms for each in times if each.log < -SAME]
    return TimeDifference(
        verdict=said,
        blocks=sum(not mine.failed and not other.failed for mine, other in pair.common),
        draws=len(times),
        ratio=math.exp(estimate.value),
        interval=Interval(*map(math.exp, estimate.interval)),
        mean_ms=fmean(each.difference_ms for each in times) if times else None,
        median_ms=median(each.difference_ms for each in times) if times else None,
        slower=len(slower),
        slower_ms=median(slower) if slower else None,
        faster=len(faster),
        faster_ms=median(faster) if faster else None,
        blocks_needed=math.ceil(needed) if math.isfinite(needed) else None,
    )
