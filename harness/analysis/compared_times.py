"""The times of a variant compared with those of the baseline, over blocks in which both succeeded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.analysis.paired_estimates import (
    MIN_TIME_DRAWS,
    SAME,
    blocks_needed,
    log_ratios,
    mean_log,
    sign_change_p,
)
from harness.frames.observations import effective_number
from harness.summary.statistics import Interval
from harness.summary.verdict import Found, verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.analysis.blocks import Blocks


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
    time_verdict: Found
    time_blocks_needed: float


def compared_times(
    pair: Blocks,
    resolution_ms: float,
    margin: float,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
) -> ComparedTimes:
    """Compare the times of two variants, the second being the baseline."""
    common = pair.where(pair.ran.all(axis=1))
    used = common.where(~common.failed.any(axis=1))
    (variant, base), (calls, base_calls) = used.times.T, used.calls.T
    same_ms = used.same_within_ms(resolution_ms, np.abs(calls - base_calls))
    by_block = log_ratios(variant, base, same_ms)
    logs = _by_draw(by_block, used.draw)
    estimate = mean_log(logs, confidence=confidence)
    margin = math.log1p(margin)
    said = verdict(Interval(estimate.low, estimate.high), margin) if logs.size else "not compared"
    needed = math.nan
    if said == "undecided":
        known = logs.size >= MIN_TIME_DRAWS
        most = blocks_needed(estimate, margin, logs.size, confidence=confidence)
        # counted in blocks that are run, not only in those where both succeed
        needed = (most if known else MIN_TIME_DRAWS) * effective_number(common.draw) / logs.size
    signs = np.sign(np.where(np.abs(logs) < SAME, 0, logs))
    return ComparedTimes(
        time_blocks=len(by_block),
        time_draws=logs.size,
        ratio=math.exp(estimate.value),
        ratio_low=math.exp(estimate.low),
        ratio_high=math.exp(estimate.high),
        median_ratio=math.exp(np.median(logs)) if logs.size else math.nan,
        share_faster=float((1 - signs.mean()) / 2) if logs.size else math.nan,
        time_p=sign_change_p(logs, resamples, rng),
        time_verdict=said,
        time_blocks_needed=float(np.ceil(needed)),
    )


def _by_draw(logs: NDArray[np.float64], draw: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean of each draw: one value, however often it was measured."""
    place = np.unique(draw, return_inverse=True)[1]
    return np.asarray(np.bincount(place, logs) / np.bincount(place))
