"""The distribution of hold times, and the share never released, against known truths."""

from __future__ import annotations

import numpy as np
import pytest
from analysis_lab import Op, hold_times_of, watched
from scipy.stats import lognorm
from statsmodels.stats.proportion import proportion_confint

from harness.analysis import hold_time_distribution, hold_time_families, unreleased


def test_the_band_covers_the_truth() -> None:
    """One hold a block, three variants that all see it: blocks, not trials, are what is drawn."""
    rng = np.random.default_rng(1)
    schedule = np.r_[0, np.cumsum(10 * 2.0 ** np.arange(9))]
    truth = lognorm(1.0, scale=300)
    inside = []
    for seed in range(60):
        holds = np.repeat(truth.rvs(60, random_state=rng), 3)
        table = hold_time_distribution(watched(holds, schedule, per_block=3), seed=seed, resamples=200)
        at = table[np.isfinite(table["right_ms"])]
        shares = truth.cdf(at["right_ms"])
        inside.append(((at["low"] <= shares) & (shares <= at["high"])).mean())
    assert 0.91 <= np.mean(inside) <= 0.98


def test_shares_rise_within_their_band() -> None:
    rng = np.random.default_rng(2)
    table = hold_time_distribution(watched(rng.exponential(50, 40), np.arange(0, 100, 7.0)))
    assert table["released"].is_monotonic_increasing
    assert table["released"].iloc[-1] == pytest.approx(1)
    assert (table["low"] <= table["released"]).all()
    assert (table["released"] <= table["high"]).all()
    assert table["mass"].sum() == pytest.approx(1)


@pytest.mark.parametrize("count", range(1, 60, 7))
def test_all_that_were_seen_released_are_all_and_not_nearly_all(count: int) -> None:
    holds = np.linspace(1, 99, count)
    table = hold_time_distribution(watched(holds, np.arange(0, 120, 3.0)), resamples=20)
    assert table["released"].iloc[-1] == 1
    assert table["high"].iloc[-1] == 1


def test_the_band_claims_no_more_observations_than_there_are() -> None:
    """Blocks with nearly the same shares vary less than independent observations would.

    Each of 50 blocks has one short and one long hold, but for one with two short ones: 51 of 100 are
    released at the first look. A bootstrap of blocks varies as 2551 observations would. The expected
    bounds are those of statsmodels, proportion_confint(51, 100, method="wilson").
    """
    holds = np.array([5.0, 15.0] * 49 + [5.0, 5.0])
    table = hold_time_distribution(watched(holds, np.array([0.0, 10.0, 20.0]), per_block=2))
    low, high = proportion_confint(51, 100, method="wilson")
    assert table["released"].iloc[0] == pytest.approx(0.51)
    assert (table["low"].iloc[0], table["high"].iloc[0]) == pytest.approx((low, high))


def test_the_band_counts_at_least_one_observation() -> None:
    """One block with one short hold, one with 99 long ones: a draw of blocks is nearly all, or nothing.

    The expected bounds are those of statsmodels, proportion_confint(0.01, 1, method="wilson").
    """
    observed = watched(np.array([5.0] + [15.0] * 99), np.array([0.0, 10.0, 20.0]))
    observed.times["draw"] = ["short"] + ["long"] * 99
    table = hold_time_distribution(observed)
    assert table["released"].iloc[0] == pytest.approx(0.01)
    low, high = proportion_confint(0.01, 1, method="wilson")
    assert (table["low"].iloc[0], table["high"].iloc[0]) == pytest.approx((low, high))


def test_the_same_seed_gives_the_same_band() -> None:
    observed = watched(np.linspace(1, 90, 30), np.arange(0, 100, 7.0))
    assert hold_time_distribution(observed, seed=1).equals(hold_time_distribution(observed, seed=1))
    assert not hold_time_distribution(observed, seed=1).equals(hold_time_distribution(observed, seed=2))


def test_none_left_is_a_bound_from_the_number_of_blocks() -> None:
    """Newcombe (1998), table I, method 3: 0 of 20 is at most 16.11 %."""
    bound = unreleased(watched(np.full(60, 5.0), np.array([0.0, 10.0]), per_block=3))
    assert (bound.at_ms, bound.share) == (10, 0)
    assert bound.high == pytest.approx(0.1611, abs=5e-5)
    assert bound.sentence == (
        "Of those that were blocked, 0 % were still held after the longest observation, 10 ms: so at "
        "most 16.2 % are never released (95 %)."
    )


def test_the_bound_holds_for_holds_that_never_end() -> None:
    rng = np.random.default_rng(3)
    above = 0
    for seed in range(60):
        holds = np.where(rng.random(50) < 0.2, np.inf, rng.exponential(20, 50))
        bound = unreleased(watched(holds, np.arange(0, 400, 10.0)), seed=seed, resamples=200)
        above += bound.high >= 0.2
        assert bound.at_ms == 390
    assert above >= 55


def test_giving_up_at_once_bounds_nothing() -> None:
    bound = unreleased(watched(np.full(30, 50.0), np.array([0.0])))
    assert (bound.share, bound.high, bound.at_ms) == (1, 1, 0)


def test_nothing_blocked_is_said() -> None:
    observed = hold_times_of(Op())
    assert unreleased(observed).sentence == "No operation was blocked."
    assert hold_time_distribution(observed).empty
    assert hold_time_families(observed).empty
    assert observed.sentence.startswith("0 of 1 operation blocked")
