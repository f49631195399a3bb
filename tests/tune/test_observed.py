"""Observed holds: their distribution, resampling, and what says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.errors import InvalidInputError
from harness.tune.observed import Observations


def _observed(rows: list[tuple[float, float, int]], draw: list[int] | None = None) -> Observations:
    low, high, count = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    codes = np.where(high > 0, 5, 0)
    number = None if draw is None else np.array(draw)
    return Observations(low, high, codes, count, number, source="these")


def test_exact_ends_are_the_empirical_distribution() -> None:
    releases = _observed([(0, 0, 5), (10, 10, 3), (20, 20, 2)]).releases()
    found = releases.share_by(np.array([0, 9.99, 10, 19.99, 20]))
    assert found == pytest.approx([0.5, 0.5, 0.8, 0.8, 1])


def test_mass_is_spread_over_intervals_and_what_was_not_seen_to_end_never_ends() -> None:
    releases = _observed([(10, 20, 3), (30, math.inf, 1)]).releases()
    found = releases.share_by(np.array([10, 15, 20, 1e9]))
    assert found == pytest.approx([0, 0.375, 0.75, 0.75])
    assert releases.in_the_end == pytest.approx(0.75)


def test_a_bootstrap_varies_as_independent_draws_do() -> None:
    """The share of 0.5 in 100 draws has a standard error of 0.05, also if each draw is seen 10 times."""
    rows = [(0.0, 0.0, 1)] * 500 + [(10.0, 10.0, 1)] * 500
    draws = [*range(50), *range(50, 100)]
    observed = _observed(rows, [each for each in draws for _ in range(10)])
    assert observed.independent == 100
    free = [each.free for each in observed.resampled(400)]
    assert np.std(free) == pytest.approx(0.05, rel=0.15)
    alone = _observed([(0.0, 0.0, 500), (10.0, 10.0, 500)])
    assert alone.independent == 1000
    assert np.std([each.free for each in alone.resampled(400)]) == pytest.approx(0.0158, rel=0.15)


def test_halves_have_whole_draws_and_all_operations() -> None:
    rows = [(0.0, 0.0, 1), (10.0, 10.0, 1)] * 20
    observed = _observed(rows, [each // 4 for each in range(40)])
    halves = observed.halves()
    assert halves is not None
    one, other = halves
    assert one.draw is not None
    assert other.draw is not None
    assert not set(one.draw.tolist()) & set(other.draw.tolist())
    assert one.operations + other.operations == observed.operations
    assert one.operations == 20


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(10, 20, 1)], "one operation says nothing"),
        ([(0, 0, 50)], "none of 50 operations was held"),
        ([(10, math.inf, 50), (0, 0, 3)], "no hold was seen to end"),
    ],
)
def test_what_says_nothing_is_refused(rows: list[tuple[float, float, int]], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        _observed(rows).check()
    assert refused.value.hint


def test_errors_are_counted_among_held_operations() -> None:
    observed = Observations(
        np.array([0.0, 5, 5]), np.array([0.0, 9, 9]), np.array([0, 5, 32]), np.array([7.0, 1, 3])
    )
    assert observed.code_shares == {5: 0.25, 32: 0.75}
