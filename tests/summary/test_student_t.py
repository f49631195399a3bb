"""Student's t: the quantiles of scipy, over all that is asked of them."""

from __future__ import annotations

import pytest
import scipy.stats
from hypothesis import example, given
from hypothesis import strategies as st

from harness.summary.student_t import t_quantile


@given(st.integers(19, 100_000), st.floats(5e-8, 0.05))
@example(19, 0.05)
@example(19, 5e-8)
@example(100_000, 5e-8)
@example(29, 0.01)
def test_quantiles_are_those_of_scipy(degrees: int, tail: float) -> None:
    """Two-sided confidences from 90 % to 1 - 1e-7, from 20 values on."""
    expected = float(scipy.stats.t.ppf(1 - tail, degrees))
    assert t_quantile(1 - tail, degrees) == pytest.approx(expected, rel=1.1e-5)


@pytest.mark.parametrize(
    ("degrees", "share", "quantile"),
    [
        (20, 0.95, 1.725),
        (20, 0.975, 2.086),
        (30, 0.975, 2.042),
        (60, 0.995, 2.660),
        (120, 0.9995, 3.373),
    ],
)
def test_quantiles_are_the_published_ones(degrees: int, share: float, quantile: float) -> None:
    """Fisher and Yates, Statistical Tables (6th edition, 1963), table III."""
    assert t_quantile(share, degrees) == pytest.approx(quantile, abs=5e-4)
