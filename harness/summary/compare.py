"""Compare two strategies of a case: harm and failures first, then times.

The rule is the one of the notebooks (`harness.analysis.compare`), by the same functions: a verdict
follows from an interval and the margin that matters. Only the confidence differs, which allows here for
the choice that follows.
"""

from __future__ import annotations

from typing import Final

from harness.summary.conclusion import Difference
from harness.summary.pair import Pair, Setting
from harness.summary.rate_difference import compare_rates
from harness.summary.time_difference import compare_times, times_by_draw

WRONG: Final = 0.05
"""The probability of any wrong verdict among all comparisons of a case."""


def compare(pair: Pair, setting: Setting, confidence: float) -> Difference:
    """Compare the first of a pair with the second; any difference of harm matters."""
    return Difference(
        blocks=pair.blocks,
        paired=pair.is_paired,
        confidence=confidence,
        harm=compare_rates(pair, lambda row: row.harmed, 0.0, confidence),
        failures=compare_rates(pair, lambda row: row.failed, setting.margin.failures, confidence),
        time=compare_times(pair, times_by_draw(pair, setting), setting.margin.time, confidence),
    )


def confidence_of_each(strategies: int) -> float:
    """The confidence of each comparison, so that all of a case together are wrong in at most 5 %.

    Bonferroni's correction for all pairs of the strategies that were tried, not only for those with the
    one to take: that one is chosen from the same trials, so any pair may be the one that is looked at.
    """
    return 1 - WRONG / max(1, strategies * (strategies - 1) // 2)
