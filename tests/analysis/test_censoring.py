"""Turnbull's estimate: against lifelines, a published table, its own optimality, and known truths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from scipy.stats import lognorm

from harness.analysis import turnbull
from harness.analysis.censoring import TOLERANCE, Intervals

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def watched(times: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What is seen of `times` by looking every so often, each with a step and an end of its own."""
    step, end = rng.uniform(20, 400, times.size), rng.uniform(1000, 8000, times.size)
    low = np.floor(times / step) * step
    beyond = low + step > end
    return np.where(beyond, np.minimum(low, end), low), np.where(beyond, np.inf, low + step)


def test_the_estimate_is_that_of_lifelines() -> None:
    rng = np.random.default_rng(1)
    low, high = watched(rng.lognormal(np.log(800), 1.0, 250), rng)
    ours = turnbull(low, high)
    # theirs are closed intervals, ours are open on the left: a millionth apart
    theirs = KaplanMeierFitter().fit_interval_censoring(low + 1e-6, high).survival_function_
    at = np.sort(ours.right[np.isfinite(ours.right)]) + 1e-5
    found = theirs["NPMLE_estimate_lower"].to_numpy()[
        np.searchsorted(theirs.index.to_numpy(), at, side="right") - 1
    ]
    assert 1 - ours.below(at)[0] == pytest.approx(found, abs=0.01)  # they stop earlier


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.booleans()), min_size=1, max_size=40)
)
def test_mass_is_one_and_lies_where_no_shift_makes_the_data_likelier(
    found: list[tuple[int, int, bool]],
) -> None:
    low = np.array([start for start, _, _ in found], dtype=np.float64)
    high = np.array([np.inf if never else start + more for start, more, never in found])
    estimate = turnbull(low, high)
    assert estimate.mass.sum() == pytest.approx(1)
    assert (estimate.mass >= 0).all()
    assert (estimate.left < estimate.right).all()
    assert (estimate.right[:-1] <= estimate.left[1:]).all()
    inside = (estimate.left >= low[:, None]) & (estimate.right <= high[:, None])
    assert inside.any(axis=1).all()
    share = inside @ estimate.mass
    slopes = (inside / share[:, None]).mean(axis=0)  # Gentleman and Geyer's condition, written out
    assert slopes.max() <= 1 + TOLERANCE + 1e-9


def test_exact_observations_give_the_empirical_distribution() -> None:
    estimate = turnbull([3.0, 1.0, 2.0, 2.0], [3.0, 1.0, 2.0, 2.0])
    assert list(estimate.right) == [1, 2, 3]
    assert estimate.mass == pytest.approx([0.25, 0.5, 0.25])
    least, most = estimate.below([0.5, 1, 2, 2.5, 3])
    assert least == pytest.approx([0, 0.25, 0.75, 0.75, 1])
    assert most == pytest.approx([0, 0.25, 0.75, 0.75, 1])


def test_intervals_that_only_touch_do_not_overlap() -> None:
    estimate = turnbull([0.0, 1.0], [1.0, 2.0])
    assert list(zip(estimate.left, estimate.right, strict=True)) == [(0, 1), (1, 2)]
    assert estimate.mass == pytest.approx([0.5, 0.5])


def test_kaplan_meier_is_the_case_of_right_censoring() -> None:
    """Freireich's remission times (6-MP), Cox and Oakes (1984) table 1.1; R's survfit."""
    seen = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    estimate = turnbull([*seen, *censored], [*seen, *[np.inf] * 12])
    released = np.cumsum(estimate.mass)[np.isfinite(estimate.right)]
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert 1 - released == pytest.approx(published, abs=6e-4)


def test_the_truth_is_found() -> None:
    rng = np.random.default_rng(3)
    low, high = watched(rng.lognormal(np.log(800), 1.0, 4000), rng)
    at = np.array([200.0, 500, 1000, 3000])
    least, most = turnbull(low, high).below(at)
    truth = lognorm(1.0, scale=800).cdf(at)
    assert (least - 0.03 <= truth).all()
    assert (truth <= most + 0.03).all()


def test_weights_are_repetitions() -> None:
    low, high = np.array([0.0, 1.0, 2.0]), np.array([2.0, 3.0, np.inf])
    weighed = turnbull(low, high, [2, 1, 3])
    repeated = turnbull(np.repeat(low, [2, 1, 3]), np.repeat(high, [2, 1, 3]))
    assert weighed.mass == pytest.approx(repeated.mass, abs=1e-6)


def test_fits_at_once_are_the_fits_one_by_one() -> None:
    rng = np.random.default_rng(4)
    low, high = watched(rng.lognormal(np.log(800), 1.0, 60), rng)
    weights = rng.integers(0, 4, (5, 60)).astype(np.float64)
    together, gaps = Intervals(low, high).fit(weights)
    assert (gaps <= TOLERANCE).all()
    for mass, row in zip(together, weights, strict=True):
        assert mass == pytest.approx(turnbull(low, high, row).mass, abs=1e-9)


def test_nothing_is_no_trouble() -> None:
    estimate = turnbull([], [])
    assert estimate.mass.size == 0
    assert estimate.below([1.0])[0] == pytest.approx([0])


def test_without_an_observed_end_all_is_beyond_the_longest_observation() -> None:
    estimate = turnbull([5.0, 9.0], [np.inf, np.inf])
    assert list(zip(estimate.left, estimate.right, strict=True)) == [(9, np.inf)]
    assert estimate.mass == pytest.approx([1])
