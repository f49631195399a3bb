"""The failures of a variant compared with those of the baseline: in pairs, or as independent samples."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import binomtest, fisher_exact

from harness.analysis.paired_estimates import (
    Estimate,
    blocks_needed,
    independent_difference,
    paired_difference,
    pairs_needed,
)
from harness.frames.observations import effective_number
from harness.summary.statistics import Interval
from harness.summary.verdict import Found, failures_verdict, verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.analysis.blocks import Blocks


class ComparedFailures(NamedTuple):
    """The columns about failures of `harness.analysis.compare`, which says what they are."""

    paired: bool
    trials: int
    failures: int
    baseline_trials: int
    baseline_failures: int
    blocks: int
    draws: int
    both_failed: int
    only_variant_failed: int
    only_baseline_failed: int
    difference: float
    difference_low: float
    difference_high: float
    failures_p: float
    failures_verdict: Found
    failures_blocks_needed: float


class _Difference(NamedTuple):
    """An estimate of the difference, its p-value, and the number of blocks that would decide it."""

    estimate: Estimate
    p_value: float
    needed: float


def compared_failures(pair: Blocks, margin: float, confidence: float) -> ComparedFailures:
    """Compare the failures of two variants, the second being the baseline."""
    common = pair.ran.all(axis=1)
    paired = 2 * int(common.sum()) >= int(pair.ran.sum(axis=0).min())
    used = pair.where(common if paired else pair.ran.any(axis=1))
    found = (_in_pairs if paired else _as_samples)(used, margin, confidence)
    (trials, others), (failures, other_failures) = (
        each.sum(axis=0).tolist() for each in (used.ran, used.failed)
    )
    interval = Interval(found.estimate.low, found.estimate.high)
    said = failures_verdict(failures, trials, other_failures, others, interval, margin)
    is_open = said != "both always fail" and verdict(interval, margin) == "undecided"
    variant, base = pair.where(common).failed.T
    return ComparedFailures(
        paired=paired,
        trials=trials,
        failures=failures,
        baseline_trials=others,
        baseline_failures=other_failures,
        blocks=int(common.sum()),
        draws=np.unique(used.draw).size,
        both_failed=int((variant & base).sum()),
        only_variant_failed=int((variant & ~base).sum()),
        only_baseline_failed=int((base & ~variant).sum()),
        difference=found.estimate.value,
        difference_low=interval.low,
        difference_high=interval.high,
        failures_p=found.p_value,
        failures_verdict=said,
        failures_blocks_needed=found.needed if is_open else math.nan,
    )


def _in_pairs(used: Blocks, margin: float, confidence: float) -> _Difference:
    variant, base = used.failed.T
    number = effective_number(used.draw)
    each = number / max(len(used.draw), 1)
    only_variant, only_base = each * (variant & ~base).sum(), each * (base & ~variant).sum()
    return _Difference(
        paired_difference(only_variant, only_base, number, confidence=confidence),
        _sign_test_p(variant.astype(np.int64) - base, used.draw),
        pairs_needed(only_variant, only_base, number, margin, confidence=confidence),
    )


def _sign_test_p(net: NDArray[np.int64], draw: NDArray[np.int64]) -> float:
    """McNemar's exact test; a draw that was measured repeatedly counts once, as most of it went."""
    of_draw = np.bincount(np.unique(draw, return_inverse=True)[1], net)
    more, less = int((of_draw > 0).sum()), int((of_draw < 0).sum())
    return float(binomtest(more, more + less).pvalue) if more + less else 1.0


def _as_samples(used: Blocks, margin: float, confidence: float) -> _Difference:
    (failed, number), (other_failed, other_number) = (
        _sample(failed[ran], used.draw[ran])
        for failed, ran in zip(used.failed.T, used.ran.T, strict=True)
    )
    estimate = independent_difference(failed, number, other_failed, other_number, confidence=confidence)
    table = np.rint([[failed, number - failed], [other_failed, other_number - other_failed]])
    p_value = float(fisher_exact(table.astype(np.int64)).pvalue)
    needed = blocks_needed(estimate, margin, min(number, other_number), confidence=confidence)
    return _Difference(estimate, p_value, needed)


def _sample(failed: NDArray[np.bool_], draw: NDArray[np.int64]) -> tuple[float, float]:
    """The failures and the trials of a variant, as many as are independent."""
    number = effective_number(draw)
    return float(failed.mean()) * number, number
