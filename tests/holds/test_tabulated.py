"""Distributions of tables: what the table says holds exactly, and wrong tables are refused."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.holds.tabulated import Counts, Quantiles

SMB: Final[list[list[float]]] = [[0, 0], [0.5, 31], [0.9, 78], [0.99, 265], [1, 797]]


def quantiles(pairs: Any) -> Quantiles:
    return Quantiles.model_validate({"distribution": "quantiles", "quantiles": pairs})


def counts(pairs: Any, **more: Any) -> Counts:
    return Counts.model_validate({"distribution": "counts", "counts": pairs, **more})


def test_the_quantiles_are_those_given() -> None:
    of = quantiles(SMB)
    assert [of.quantile(share) for share, _ in SMB] == [ms for _, ms in SMB]
    assert [of.cdf(ms) for _, ms in SMB] == pytest.approx([share for share, _ in SMB])
    assert of.quantile(0.95) == pytest.approx(78 + (265 - 78) * 5 / 9)
    assert of.partial_mean(31) == pytest.approx(0.5 * 15.5)
    assert (of.usual_ms(), of.longest_ms()) == (31, 797)


def test_the_counts_are_those_given() -> None:
    of = counts([[10, 2], [20, 0], [50, 6]])
    assert [of.cdf(ms) for ms in (5, 10, 15, 20, 35, 50, 60)] == [
        1 / 8,
        1 / 4,
        1 / 4,
        1 / 4,
        5 / 8,
        1,
        1,
    ]
    assert of.partial_mean(60) == pytest.approx((2 * 5 + 6 * 35) / 8)
    assert counts([[10, 1]], from_ms=9).cdf(9.5) == 0.5


def test_a_time_that_many_have_is_a_step() -> None:
    of = quantiles([[0, 10], [0.4, 10], [1, 10]])
    assert (of.cdf(9.999), of.cdf(10), of.quantile(0.7), of.partial_mean(10)) == (0, 1, 10, 10)


@st.composite
def tables(draw: st.DrawFn) -> Quantiles:
    inner = draw(st.lists(st.integers(1, 99), max_size=6, unique=True))
    shares = [0, *(share / 100 for share in sorted(inner)), 1]
    size = len(shares)
    times = draw(st.lists(st.floats(0, 1e6), min_size=size, max_size=size).map(sorted))
    return quantiles(list(zip(shares, times, strict=True)))


@given(tables(), st.floats(0, 1))
def test_share_and_quantile_are_inverse(of: Quantiles, share: float) -> None:
    ms = of.quantile(share)
    assert of.cdf(ms) >= share - 1e-9
    assert of.quantile(min(of.cdf(ms), 1.0)) == pytest.approx(ms, rel=1e-6, abs=1e-5)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_a_table_of_counts_is_what_its_times_are_counted_to(of_classes: list[int]) -> None:
    """Times in the middles of the classes, counted again by the share of each class."""
    of = counts([[10 * (number + 1), count] for number, count in enumerate(of_classes)])
    times = Counter({10 * number + 5: count for number, count in enumerate(of_classes)})
    ends = range(0, 10 * len(of_classes) + 1, 10)
    for low, high in pairwise(ends):
        inside = sum(count for ms, count in times.items() if low < ms <= high)
        assert of.cdf(high) - of.cdf(low) == pytest.approx(inside / times.total(), abs=1e-12)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([[0.1, 1], [1, 2]], "first share must be 0"),
        ([[0, 1], [0.9, 2]], "the last one 1"),
        ([[0, 1], [0.5, 2], [0.5, 3], [1, 4]], "the shares must ascend"),
        ([[0, 5], [1, 2]], "the times must ascend"),
        ([[0, 1]], "at least 2"),
        ([[0, -1], [1, 2]], "greater than or equal to 0"),
        ([[0, 0], [1, 1e9]], "less than or equal to 86400000"),
        ([[0, 0], [50, 3], [1, 4]], "less than or equal to 1"),
    ],
)
def test_quantiles_that_are_none_are_refused(pairs: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        quantiles(pairs)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([[10, 0]], "a count above 0"),
        ([[10, 1], [10, 2]], "ends of the classes must ascend"),
        ([[0, 1]], "above from_ms"),
        ([[10, -1]], "greater than or equal to 0"),
        ([], "at least 1"),
        ([[number + 1, 1] for number in range(1001)], "at most 1000"),
    ],
)
def test_counts_that_are_none_are_refused(pairs: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        counts(pairs)
