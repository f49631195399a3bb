"""The times of a variant compared with those of the baseline, with what is only for notebooks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.analysis.p_values import sign_change_p
from harness.summary.paired_estimates import SAME
from harness.summary.time_difference import compare_times, times_by_draw
from harness.summary.verdict import ComparisonVerdict

if TYPE_CHECKING:
    from harness.summary.pair import Pair, Setting


class ComparedTimes(NamedTuple):
    """The columns about time of `harness.analysis.compare`, which says what they are."""

    time_blocks: int
    time_draws: int
    ratio: float
    ratio_low: float
    ratio_high: float
    median_ratio: float
    share_faster: float
    time_p: float
    time_verdict: ComparisonVerdict
    time_blocks_needed: float


def compared_times(
    pair: Pair, setting: Setting, confidence: float, resamples: int, rng: np.random.Generator
) -> ComparedTimes:
    """Compare the times of two variants, the second being the baseline."""
    times = times_by_draw(pair, setting)
    found = compare_times(pair, times, setting.margin.time, confidence)
    logs = np.array([each.log for each in times], np.float64)
    signs = np.sign(np.where(np.abs(logs) < SAME, 0, logs))
    return ComparedTimes(
        time_blocks=found.blocks,
        time_draws=found.draws,
        ratio=found.ratio,
        ratio_low=found.interval.low,
        ratio_high=found.interval.high,
        median_ratio=math.exp(np.median(logs)) if logs.size else math.nan,
        share_faster=float((1 - signs.mean()) / 2) if logs.size else math.nan,
        time_p=sign_change_p(logs, resamples, rng),
        time_verdict=found.verdict,
        time_blocks_needed=float(math.nan if found.blocks_needed is None else found.blocks_needed),
    )
