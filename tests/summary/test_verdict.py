"""Verdicts: what is the case is said before what an interval leaves open."""

from __future__ import annotations

from typing import get_args

import pytest

from harness.summary.paired_estimates import independent_difference
from harness.summary.statistics import Interval
from harness.summary.verdict import FAILS, TIMES, ComparisonVerdict, failures_verdict


@pytest.mark.parametrize(
    ("failures", "trials", "other_failures", "other_trials", "said"),
    [
        (20, 20, 0, 300, "worse"),
        (0, 300, 20, 20, "better"),
        (20, 20, 5, 5, "both always fail"),
        (0, 20, 0, 3000, "neither fails"),
        (1, 20, 0, 20, "undecided"),
        (30, 3000, 29, 3000, "equivalent"),
        (0, 0, 3, 20, "not compared"),
        (3, 20, 0, 0, "not compared"),
    ],
)
def test_the_verdict_on_failures(
    failures: int, trials: int, other_failures: int, other_trials: int, said: str
) -> None:
    numbers = (failures, trials, other_failures, other_trials)
    estimate = independent_difference(*numbers)
    interval = Interval(estimate.low, estimate.high)
    assert failures_verdict(*numbers, interval, 0.01) == said


def test_every_verdict_has_a_sentence() -> None:
    verdicts = set(get_args(ComparisonVerdict))
    assert FAILS.keys() == verdicts - {"not compared"}
    assert TIMES.keys() == verdicts - {"both always fail", "neither fails"}
