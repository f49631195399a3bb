"""A bisection brackets the budget, whatever it is, and leaves lengths in between that runs differ on."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from harness.reproduce.hold_bisection import CLOSE, FLOOR_MS, Bisection, TriedHold, bisect

budgets = st.floats(0.0, 59_000.0)


@given(budgets)
def test_bounds_are_around_the_budget_and_near_each_other(budget_ms: float) -> None:
    bisection = Bisection(0.0, 60_000.0)
    bisect(bisection, lambda hold_ms: hold_ms <= budget_ms, repeats=3)
    assert bisection.low_ms <= budget_ms < bisection.high_ms
    assert bisection.high_ms - bisection.low_ms <= max(FLOOR_MS, CLOSE * bisection.high_ms)
    assert all(each.runs == 3 for each in bisection.tried)
    assert len(bisection.tried) < 20


@given(budgets, st.floats(0.0, 2_000.0), st.integers())
def test_what_runs_differ_on_stays_between_the_bounds(
    budget_ms: float, jitter_ms: float, seed: int
) -> None:
    """Each run has a budget of its own, from `budget_ms` to `jitter_ms` more."""
    generator = random.Random(seed)
    bisection = Bisection(0.0, 62_000.0)
    bisect(bisection, lambda hold_ms: hold_ms <= budget_ms + generator.uniform(0, jitter_ms), repeats=3)
    assert bisection.low_ms <= budget_ms + jitter_ms
    assert bisection.high_ms > budget_ms
    assert all(bisection.low_ms < each < bisection.high_ms for each in bisection.mixed_ms)


def test_a_length_is_left_as_soon_as_two_runs_differ() -> None:
    answers = iter([True, False])
    bisection = Bisection(0.0, 100.0)
    goes_on = iter([True, False])
    bisect(bisection, lambda _: next(answers), 5, lambda: next(goes_on))
    (tried,) = bisection.tried
    assert (tried.outlasted, tried.runs, tried.is_mixed) == (1, 2, True)
    assert (bisection.low_ms, bisection.high_ms) == (0.0, 100.0)


def test_no_length_is_tried_once_the_time_is_over() -> None:
    bisection = Bisection(0.0, 1000.0)
    bisect(bisection, lambda _: True, 3, lambda: False)
    assert not bisection.tried


def test_an_upper_bound_is_known_once_a_hold_was_too_long() -> None:
    bisection = Bisection(0.0, 75_000.0, high_is_known=False)
    bisection.note(TriedHold(100.0, 3, 3))
    assert not bisection.high_is_known
    bisection.note(TriedHold(500.0, 0, 3))
    assert bisection.high_is_known
    assert (bisection.low_ms, bisection.high_ms) == (100.0, 500.0)
