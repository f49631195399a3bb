"""Estimates of differences: published values, error rates and coverage by simulation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from harness.summary.paired_estimates import (
    MIN_TIME_DRAWS,
    Estimate,
    blocks_needed,
    independent_difference,
    log_ratio,
    mean_log,
    paired_difference,
    pairs_needed,
)
from harness.summary.statistics import Interval
from harness.summary.verdict import verdict

Law = Callable[[np.random.Generator, int], tuple[np.ndarray, float]]


def said_of(only_first: int, only_second: int, blocks: int, margin: float) -> str:
    found = paired_difference(only_first, only_second, blocks)
    return verdict(Interval(found.low, found.high), margin)


@pytest.mark.parametrize(
    ("pair", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((0, 10, 0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombe_gives_the_published_intervals(
    pair: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    _, *interval = independent_difference(*pair)
    assert interval == pytest.approx((low, high), abs=5e-5)


@given(
    st.integers(1, 400),
    st.integers(1, 400),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.9, 1 - 1e-6),
)
def test_newcombe_is_that_of_statsmodels(
    trials: int, others: int, share: float, other_share: float, confidence: float
) -> None:
    pair = (round(share * trials), trials, round(other_share * others), others)
    found = independent_difference(*pair, confidence=confidence)
    expected = confint_proportions_2indep(*pair, method="newcomb", alpha=1 - confidence)
    assert found.interval == pytest.approx(expected, abs=1e-9)


@given(*[st.integers(0, 30)] * 4)
def test_swapping_the_variants_mirrors_all(
    both: int, only_variant: int, only_base: int, neither: int
) -> None:
    blocks = both + only_variant + only_base + neither
    one = paired_difference(only_variant, only_base, blocks)
    other = paired_difference(only_base, only_variant, blocks)
    assert -1 <= one.low < one.high <= 1
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    if blocks:
        assert one.low <= one.value <= one.high
        assert one.value == pytest.approx(-other.value)


@pytest.mark.parametrize(("only_variant", "only_base"), [(0.05, 0.05), (0.02, 0.10), (0.0, 0.3)])
def test_the_interval_covers(only_variant: float, only_base: float) -> None:
    """Fagerland, Lydersen and Laake (2014) found it close to nominal, a little conservative."""
    rng = np.random.default_rng(1)
    counts = rng.multinomial(80, [only_variant, only_base, 1 - only_variant - only_base], size=4000)
    inside = 0
    for first, second, _ in counts:
        found = paired_difference(int(first), int(second), 80)
        inside += found.low <= only_variant - only_base <= found.high
    assert 0.94 <= inside / 4000 <= 0.985


def exponential(rng: np.random.Generator, size: int) -> tuple[np.ndarray, float]:
    return rng.exponential(1, size), 1.0


def a_third_much_slower(rng: np.random.Generator, size: int) -> tuple[np.ndarray, float]:
    slow = np.where(rng.random(size) < 1 / 3, math.log(3), 0)
    return rng.normal(0, 0.3, size) + slow, math.log(3) / 3


def normal(rng: np.random.Generator, size: int) -> tuple[np.ndarray, float]:
    return rng.normal(0.2, 1, size), 0.2


@pytest.mark.parametrize("law", [exponential, a_third_much_slower, normal])
@pytest.mark.parametrize("size", [MIN_TIME_DRAWS, 80])
def test_the_interval_of_time_covers_what_it_says(law: Law, size: int) -> None:
    """In 4,000 samples, skewed ones too: from below, and from above, as an interval may be too wide."""
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(4000):
        logs, truth = law(rng, size)
        found = mean_log(logs.tolist())
        inside += found.low <= truth <= found.high
    assert 0.94 <= inside / 4000 <= 0.965


def test_without_skewness_the_interval_is_student_s() -> None:
    logs = np.r_[-np.arange(1.0, 11.0), np.arange(1.0, 11.0)]
    found = mean_log(logs.tolist())
    half = 2.093024 * logs.std(ddof=1) / math.sqrt(20)  # t table, 19 degrees of freedom
    assert (found.low, found.high) == pytest.approx((-half, half), rel=1e-6)


@given(st.lists(st.floats(-5, 5), min_size=20, max_size=60), st.floats(-3, 3))
def test_the_interval_moves_with_the_times_and_turns_with_the_pair(logs: list[float], by: float) -> None:
    found = mean_log(logs)
    assert found.low <= found.value <= found.high
    moved, turned = mean_log([each + by for each in logs]), mean_log([-each for each in logs])
    assert moved == pytest.approx([each + by for each in found], abs=1e-6)
    assert turned == pytest.approx([-found.value, -found.high, -found.low], abs=1e-6)


def test_times_that_cannot_be_told_apart_have_the_ratio_1() -> None:
    assert log_ratio(10.0, 10.3, 0.3) == log_ratio(10.3, 10.0, 0.3) == 0
    assert log_ratio(20.0, 10.0, 0.3) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.05, -0.01, "better"),
        (-0.05, -0.009, "undecided"),
        (0.01, 0.05, "worse"),
        (-0.009, 0.009, "equivalent"),
        (-0.01, 0.009, "undecided"),
        (-0.009, 0.01, "undecided"),
        (-1, 1, "undecided"),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, said: str) -> None:
    assert verdict(Interval(low, high), 0.01) == said


def test_wrong_verdicts_are_as_rare_as_the_interval_says() -> None:
    """At the margin itself, neither ``equivalent`` nor ``better`` may be said too often."""
    rng = np.random.default_rng(5)
    counts = rng.multinomial(400, [0.02, 0.07, 0.91], size=4000)  # 5 points fewer
    said = [said_of(int(a), int(b), 400, 0.05) for a, b, _ in counts]
    assert said.count("equivalent") / 4000 <= 0.03
    assert said.count("better") / 4000 <= 0.03
    assert said.count("worse") == 0


@pytest.mark.parametrize("rate", [0.0, 0.03])
def test_the_advised_number_of_pairs_decides_most_times(rate: float) -> None:
    advised = pairs_needed(int(50 * rate), int(50 * rate), 50, 0.01)
    assert math.isfinite(advised)
    rng = np.random.default_rng(6)
    share = int(50 * rate) / 50
    counts = rng.multinomial(int(advised), [share, share, 1 - 2 * share], size=500)
    said = [said_of(int(a), int(b), int(advised), 0.01) for a, b, _ in counts]
    assert said.count("equivalent") / 500 >= 0.7
    fewer = int(advised) // 2  # half as many must decide far less often: the advice is not too high
    counts = rng.multinomial(fewer, [share, share, 1 - 2 * share], size=500)
    said = [said_of(int(a), int(b), fewer, 0.01) for a, b, _ in counts]
    assert said.count("equivalent") / 500 <= 0.55
    assert said_of(0, 0, 100, 0.01) == "undecided"


def test_the_advised_number_of_blocks_decides_most_times() -> None:
    rng = np.random.default_rng(7)
    sigma, effect = 0.5, math.log(1.3)
    half = 1.96 * sigma / math.sqrt(30)
    advised = blocks_needed(Estimate(effect, effect - half, effect + half), math.log(1.1), 30)
    means = rng.normal(effect, sigma / math.sqrt(advised), 2000)
    half = 1.96 * sigma / math.sqrt(advised)
    decided = np.mean(means - half >= math.log(1.1))
    assert 0.75 <= decided <= 0.85


def test_on_the_margin_no_number_decides() -> None:
    assert blocks_needed(Estimate(0.1, 0.0, 0.2), 0.1, 50) == math.inf
    assert pairs_needed(5, 0, 500, 0.01) == math.inf
    assert math.isnan(pairs_needed(0, 0, 0, 0.01))
    assert math.isnan(blocks_needed(Estimate(1.0, -math.inf, math.inf), 0.1, 5))
