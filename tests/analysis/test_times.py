"""Times to persist: quantiles and distributions with intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from analysis_lab import trials_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, kstest

from harness.analysis import persist_times, time_distributions
from harness.analysis.times import distribution, quantile_interval
from harness.summary.statistics import quantile

TIMES = st.lists(st.floats(0, 1e6) | st.just(math.inf), min_size=1, max_size=60)


def test_a_failure_counts_as_never() -> None:
    trials = trials_of(outcome=["ok"] * 6 + ["exhausted"] * 4, elapsed_ms=range(10), block=range(10))
    rows = persist_times(trials, shares=(0.5, 0.6, 0.61))
    assert list(rows["time_ms"]) == [4, 5, math.inf]
    assert rows["text"].iloc[2] == "not reached (at least 2 ms)"
    assert (rows["trials"] == 10).all()
    assert (rows["failures"] == 4).all()


@given(TIMES, st.floats(0.01, 0.99))
def test_the_quantile_is_the_one_of_the_tables(times: list[float], share: float) -> None:
    value, low, high, coverage = quantile_interval(times, share)
    assert value == quantile(times, share)
    assert low <= value <= high
    assert coverage >= 0.95 - 1e-9


@pytest.mark.parametrize(("size", "first", "last"), [(6, 1, 6), (16, 4, 13)])
def test_order_statistics_that_bound_a_median_are_those_of_the_sign_test(
    size: int, first: int, last: int
) -> None:
    """Counted out: from the first rank to before the last, heads in so many throws."""
    value, low, high, coverage = quantile_interval(range(1, size + 1), 0.5)
    assert (value, low, high) == (size / 2, first, last)
    heads = sum(math.comb(size, number) for number in range(first, last))
    assert coverage == pytest.approx(heads / 2**size)


@given(st.integers(1, 200), st.floats(0.02, 0.98))
def test_an_interval_is_no_wider_than_it_must_be(size: int, share: float) -> None:
    """A rank less at either end would leave out more than half of the error there, counted exactly."""
    _, low, high, _ = quantile_interval(range(1, size + 1), share)
    lower, upper = int(low), size + 1 if math.isinf(high) else int(high)
    assert _at_most(lower - 1, size, share) <= 0.025 + 1e-9 < _at_most(lower, size, share) + 2e-9
    assert _at_least(upper, size, share) <= 0.025 + 1e-9 < _at_least(upper - 1, size, share) + 2e-9


def _at_most(heads: int, size: int, share: float) -> float:
    ways = (math.comb(size, n) * share**n * (1 - share) ** (size - n) for n in range(heads + 1))
    return math.fsum(ways)


def _at_least(heads: int, size: int, share: float) -> float:
    return _at_most(size - heads, size, 1 - share)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30, unique=True), st.integers(2, 4))
def test_times_measured_repeatedly_bound_as_little_as_those_of_their_draws(
    times: list[float], often: int
) -> None:
    once = quantile_interval(times, 0.5)
    again = quantile_interval(np.repeat(times, often), 0.5, number=len(times))
    assert again == once


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_intervals_of_quantiles_cover(share: float) -> None:
    """As often as they say: 2,000 samples of 40 with a fifth of failures, all of one known law."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        times = np.where(rng.random(40) < 0.05, np.inf, rng.exponential(size=40))
        _, low, high, coverage = quantile_interval(times, share)
        covered += low <= -math.log(1 - share / 0.95) <= high
    # 1 in 10,000 runs of a right interval would be outside
    assert binom.cdf(covered, 2000, coverage) > 1e-4
    assert covered / 2000 < coverage + 0.02


@given(times=TIMES)
def test_a_distribution_rises_to_its_share_of_successes(times: list[float]) -> None:
    steps = distribution(times)
    assert steps["time_ms"].is_monotonic_increasing
    assert steps["time_ms"].is_unique
    assert steps["share"].is_monotonic_increasing
    assert steps["share"].iloc[-1] == pytest.approx(np.isfinite(times).mean())
    assert ((steps["low"] <= steps["share"] + 1e-12) & (steps["share"] <= steps["high"] + 1e-12)).all()
    assert steps["low"].min() >= 0
    assert steps["high"].max() <= 1
    for time, share in zip(steps["time_ms"], steps["share"], strict=True):
        assert share == pytest.approx(np.mean(np.asarray(times) <= time))


def test_the_band_contains_the_whole_function_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(400):
        sample = rng.random(50)
        steps = distribution(sample, confidence=0.8)
        half = (steps["high"] - steps["share"]).max()
        inside += kstest(sample, "uniform").statistic <= half
    assert 0.78 < inside / 400 < 0.9  # a little conservative, as Massart's constant is


def test_distributions_of_variants_stand_side_by_side() -> None:
    trials = trials_of(
        strategy=["a", "a", "b"],
        outcome=["ok", "not-retried", "not-retried"],
        elapsed_ms=[3.0, 1.0, 1.0],
    )
    steps = time_distributions(trials)
    assert list(steps.loc[steps["variant"] == "a", "time_ms"]) == [0, 3]
    assert list(steps.loc[steps["variant"] == "a", "share"]) == [0, 0.5]
    assert list(steps.loc[steps["variant"] == "b", "share"]) == [0]


def test_one_trial_bounds_nothing_and_says_so() -> None:
    row = persist_times(trials_of(elapsed_ms=4.0)).iloc[0]
    assert (row["time_ms"], row["low_ms"], row["high_ms"]) == (4, 0, math.inf)
    assert row["text"] == "4 ms (too few trials to bound it)"


def test_where_all_failed_nothing_is_reached() -> None:
    trials = trials_of(20, outcome="exhausted", block=range(20))
    assert set(persist_times(trials)["text"]) == {"not reached"}


@pytest.mark.parametrize("function", [persist_times, time_distributions])
def test_no_trials_give_no_rows_but_all_columns(function: object) -> None:
    assert callable(function)
    none, some = function(trials_of()[:0]), function(trials_of())
    assert none.empty
    assert list(none.columns) == list(some.columns)


def test_a_quantile_of_nothing_is_nothing() -> None:
    assert all(map(math.isnan, quantile_interval([], 0.5)))
    assert distribution([]).empty
