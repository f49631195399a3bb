"""The statistics of the table, against published values."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.summary.statistics import (
    effective_number,
    quantile,
    wilson,
)


@pytest.mark.parametrize(
    ("failures", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 1, 0.0, 0.7935),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson_gives_the_published_intervals(
    failures: int, trials: int, low: float, high: float
) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.

    Those of one trial are z² / (1 + z²) and what it lacks to 1, where z² is 3.8415 (Wilson, 1927).
    """
    interval = wilson(failures, trials)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_contains_the_rate_and_mirrors(pair: tuple[int, int]) -> None:
    failures, trials = pair
    low, high = wilson(failures, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low <= failures / trials <= high
    mirrored = wilson(trials - failures, trials)
    assert mirrored.low == pytest.approx(1 - high)
    assert mirrored.high == pytest.approx(1 - low)


@given(st.lists(st.floats(0, 1e9), min_size=1), st.floats(0.001, 1))
def test_a_quantile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    found = quantile(values, share)
    assert found in values
    at_most = sum(value <= found for value in values)
    below = sum(value < found for value in values)
    assert below < math.ceil(share * len(values)) <= at_most


def test_the_median_falls_on_never_when_half_failed() -> None:
    assert quantile([1.0, 2.0, math.inf, math.inf], 0.5) == 2.0
    assert quantile([1.0, math.inf, math.inf], 0.5) == math.inf
    assert quantile([], 0.5) is None
    assert quantile([3.0, 1.0, 2.0], 0.5) == statistics.median([3.0, 1.0, 2.0])


@given(st.lists(st.integers(1, 9), min_size=1), st.integers(1, 5))
def test_measuring_each_draw_again_adds_no_observation(sizes: list[int], times: int) -> None:
    assert effective_number([1] * len(sizes)) == len(sizes)
    again = effective_number([size * times for size in sizes])
    assert again == pytest.approx(effective_number(sizes))
    assert again <= len(sizes) + 1e-9
