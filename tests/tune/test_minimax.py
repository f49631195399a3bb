"""The schedule for the worst case."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InvalidInputError
from harness.tune.minimax import minimax_schedule, worst_cost_ms


@given(st.floats(1, 1e5), st.integers(2, 40))
def test_without_a_price_all_gaps_are_equal(budget_ms: float, attempts: int) -> None:
    found = minimax_schedule(budget_ms, attempts)
    gaps = [later - sooner for sooner, later in pairwise(found)]
    assert gaps == pytest.approx([budget_ms / (attempts - 1)] * (attempts - 1))


@given(st.floats(10, 1e4), st.floats(0.1, 50), st.lists(st.floats(0.01, 1), min_size=1, max_size=30))
def test_no_other_schedule_has_a_smaller_worst_cost(
    budget_ms: float, price_ms: float, parts: list[float]
) -> None:
    found = minimax_schedule(budget_ms, None, price_ms)
    assert found[-1] == budget_ms
    assert all(later >= sooner for sooner, later in pairwise(found))
    other = [0.0]
    for part in parts:
        other.append(other[-1] + budget_ms * part / sum(parts))
    assert worst_cost_ms(found, price_ms) <= worst_cost_ms(other, price_ms) + 1e-6


def test_something_has_to_limit_the_attempts() -> None:
    with pytest.raises(InvalidInputError, match="nothing limits"):
        minimax_schedule(100)
    assert minimax_schedule(100, 1) == [0]
