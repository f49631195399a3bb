"""How sure a choice on finite data is."""

from __future__ import annotations

import numpy as np
import pytest

from harness.summary.statistics import wilson
from harness.tune.certainty import certainty, recommended, trials_needed
from harness.tune.observed import Observations
from harness.tune.question import Limits


@pytest.mark.parametrize("limit", [0.05, 1e-3, 1e-4])
def test_so_many_trials_without_a_failure_show_the_limit(limit: float) -> None:
    needed = trials_needed(limit)
    assert wilson(0, needed).high <= limit < wilson(0, needed - 1).high


def _sample(number: int, seed: int) -> Observations:
    ends = np.random.default_rng(seed).exponential(20, number)
    return Observations(ends, ends, np.full(number, 5), np.ones(number), np.arange(number), "sample")


def test_few_observations_do_not_support_a_rare_failure_and_many_do() -> None:
    limits = Limits(0.05, 1000, 8)
    few, many = (
        certainty(each, np.array(recommended(each.releases(), limits).attempts_ms), limits)
        for each in (_sample(50, 1), _sample(400, 1))
    )
    assert (few.supports, many.supports) == (False, True)
    assert few.failure.high is not None
    assert few.failure.high > 0.05


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """The budget that 90 % of exponential holds need is 20 ms times ln 10."""
    limits = Limits(0.1, 1000, 2)
    truth = 20 * np.log(10)
    attempts = np.array([0.0, 10, 20, 40, 80])
    covered = 0
    for seed in range(40):
        budget = certainty(_sample(80, seed), attempts, limits).budget_ms
        covered += budget.high is not None and budget.low <= truth <= budget.high
    assert covered >= 34


def test_a_choice_is_judged_on_data_it_was_not_made_on() -> None:
    limits = Limits(0.05, 1000, 8)
    observed = _sample(60, 3)
    chosen = recommended(observed.releases(), limits)
    sure = certainty(observed, np.array(chosen.attempts_ms), limits)
    assert sure.cross_fitted is not None
    assert chosen.outcome.failure <= 0.05 + 1e-9
    assert sure.cross_fitted.failure != chosen.outcome.failure
