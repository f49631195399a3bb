"""The failures of a variant compared with those of the baseline, with p-values."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import binomtest, fisher_exact

from harness.summary.pair import independent
from harness.summary.rate_difference import compare_rates
from harness.summary.verdict import ComparisonVerdict

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.summary.pair import Pair
    from harness.summary.trial_row import TrialRow


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
    failures_verdict: ComparisonVerdict
    failures_blocks_needed: float


def compared_failures(pair: Pair, margin: float, confidence: float) -> ComparedFailures:
    """Compare the failures of two variants, the second being the baseline."""
    found = compare_rates(pair, lambda row: row.failed, margin, confidence)
    return ComparedFailures(
        paired=pair.is_paired,
        trials=found.trials,
        failures=found.happened,
        baseline_trials=found.other_trials,
        baseline_failures=found.other_happened,
        blocks=pair.blocks,
        draws=pair.draws,
        both_failed=found.both,
        only_variant_failed=found.only_it,
        only_baseline_failed=found.only_other,
        difference=found.difference,
        difference_low=found.interval.low,
        difference_high=found.interval.high,
        failures_p=_sign_test_p(pair) if pair.is_paired else _fisher_test_p(pair),
        failures_verdict=found.verdict,
        failures_blocks_needed=float(math.nan if found.blocks_needed is None else found.blocks_needed),
    )


def _sign_test_p(pair: Pair) -> float:
    """McNemar's exact test; a draw that was measured repeatedly counts once, as most of it went."""
    net = Counter[object]()
    for variant, base in pair.common:
        net[variant.draw] += variant.failed - base.failed
    more, less = sum(each > 0 for each in net.values()), sum(each < 0 for each in net.values())
    return float(binomtest(more, more + less).pvalue) if more + less else 1.0


def _fisher_test_p(pair: Pair) -> float:
    table = np.rint([_failed_and_not(pair.first.values()), _failed_and_not(pair.second.values())])
    return float(fisher_exact(table.astype(np.int64)).pvalue)


def _failed_and_not(rows: Collection[TrialRow]) -> tuple[float, float]:
    """The number of failures and of successes, as many as are independent."""
    number = independent(rows)
    failed = sum(row.failed for row in rows) / len(rows) * number
    return failed, number - failed
