"""Compare how often something happened to two strategies: failures, or files lost and damaged."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

from harness.summary.conclusion import RateDifference
from harness.summary.pair import Pair, independent
from harness.summary.paired_estimates import (
    Estimate,
    blocks_needed,
    independent_difference,
    paired_difference,
    pairs_needed,
)
from harness.summary.trial_row import TrialRow
from harness.summary.verdict import failures_verdict, verdict

Happened = Callable[[TrialRow], bool]
"""Whether it happened in a trial."""


class _Found(NamedTuple):
    estimate: Estimate
    needed: float


def compare_rates(
    pair: Pair, happened: Happened, margin: float, confidence: float = 0.95
) -> RateDifference:
    """Compare the shares of trials in which it `happened`: in pairs, or as independent samples.

    In pairs over the trials that both have in common (`Pair.is_paired`), else over all of them.
    """
    found = (_in_pairs if pair.is_paired else _as_samples)(pair, happened, margin, confidence)
    mine, others = list(pair.first.values()), list(pair.second.values())
    if pair.is_paired:
        mine, others = ([rows[place] for rows in pair.common] for place in (0, 1))
    counts = sum(map(happened, mine)), len(mine), sum(map(happened, others)), len(others)
    interval = found.estimate.interval
    said = failures_verdict(*counts, interval, margin)
    is_open = said != "both always fail" and verdict(interval, margin) == "undecided"
    both, only_first, only_second = _counts(pair, happened)
    return RateDifference(
        verdict=said,
        trials=counts[1],
        happened=counts[0],
        other_trials=counts[3],
        other_happened=counts[2],
        both=both,
        only_it=only_first,
        only_other=only_second,
        difference=found.estimate.value,
        interval=interval,
        blocks_needed=math.ceil(found.needed) if is_open and math.isfinite(found.needed) else None,
    )


def _counts(pair: Pair, happened: Happened) -> tuple[int, int, int]:
    """In how many of the trials in common it happened to both, to the first only, to the second."""
    told = [(happened(mine), happened(other)) for mine, other in pair.common]
    return told.count((True, True)), told.count((True, False)), told.count((False, True))


def _in_pairs(pair: Pair, happened: Happened, margin: float, confidence: float) -> _Found:
    number = pair.number
    _, first, second = _counts(pair, happened)
    each = number / max(len(pair.common), 1)
    only_first, only_second = each * first, each * second
    return _Found(
        paired_difference(only_first, only_second, number, confidence=confidence),
        pairs_needed(only_first, only_second, number, margin, confidence=confidence),
    )


def _as_samples(pair: Pair, happened: Happened, margin: float, confidence: float) -> _Found:
    failed, number = _sample(pair.first.values(), happened)
    other_failed, other_number = _sample(pair.second.values(), happened)
    estimate = independent_difference(failed, number, other_failed, other_number, confidence=confidence)
    return _Found(
        estimate, blocks_needed(estimate, margin, min(number, other_number), confidence=confidence)
    )


def _sample(rows: Collection[TrialRow], happened: Happened) -> tuple[float, float]:
    """In how many trials it happened, and the number of trials, as many as are independent."""
    number = independent(rows)
    return sum(map(happened, rows)) / len(rows) * number, number
