"""The waits that tenacity lacks, inside our loop and inside tenacity's own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st
from tenacity import RetryCallState, stop_after_attempt, wait_fixed, wait_incrementing

from harness.clock import VirtualClock
from harness.strategy import (
    Attempt,
    Install,
    Operation,
    Strategy,
    retry_if_winerror,
    schedule,
    wait_scaled,
)
from harness.strategy.forms import LIST, Part
from harness.strategy.waits import (
    MAX_WAIT,
    wait_capped,
    wait_fibonacci,
    wait_growing_at_random,
    wait_jittered_as_rust_retry,
    wait_over_retries_left,
)
from harness.winerror import win32_error

if TYPE_CHECKING:
    from tenacity.wait import wait_base


def failed(seed: int = 0) -> Attempt:
    """Build the state after a first attempt that failed."""
    operation = Operation("rename", "move", "source", "target", lambda: None)
    attempt = Attempt(operation, Install(), VirtualClock(), random.Random(seed), 0)
    attempt.record_failure(win32_error(5))
    return attempt


def plainly_failed(attempts: int = 1) -> RetryCallState:
    """Build the same in plain tenacity, after so many attempts."""
    state = RetryCallState(tenacity.Retrying(), None, (), {})
    error = win32_error(5)
    state.set_exception((type(error), error, None))
    state.attempt_number = attempts
    return state


def first(wait: wait_base, count: int) -> list[float]:
    """The first waits, in plain tenacity."""
    return [wait(plainly_failed(number)) for number in range(1, count + 1)]


def test_fibonacci() -> None:
    """OEIS A000045 from 1, 1."""
    assert first(wait_fibonacci(1), 12) == [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144]
    assert first(wait_fibonacci(0.25), 5) == [0.25, 0.25, 0.5, 0.75, 1.25]


def test_waits_that_grow_stop_growing_where_no_one_would_wait() -> None:
    assert wait_fibonacci(1)(plainly_failed(100_000)) == MAX_WAIT
    state = failed()
    state.attempt_number, state.upcoming_sleep = 2, MAX_WAIT
    assert wait_growing_at_random(1, 2, 3)(state) == MAX_WAIT


def test_a_list_ends_with_its_last_wait_again_and_again() -> None:
    assert first(Part(LIST, ((0.0, 1000.0, 10_000.0, 20_000.0),)).build(), 6) == [0, 1, 10, 20, 20, 20]


def test_waits_over_the_retries_left_are_short_first_and_long_last() -> None:
    assert first(wait_over_retries_left(1, 4), 4) == [1 / 4, 1 / 3, 1 / 2, 1]


def test_a_cap_shortens_only_what_is_longer() -> None:
    assert first(wait_capped(wait_incrementing(1, 1), 2), 3) == [1, 2, 2]


def test_an_even_draw_in_plain_tenacity_is_that_of_pythons_shared_generator() -> None:
    random.seed(3)
    drawn = wait_scaled(wait_fixed(1), 1, 2)(plainly_failed())
    assert drawn == random.Random(3).uniform(1, 2)


@given(st.floats(0.001, 10), st.integers(0, 2**32), st.integers(2, 30))
def test_random_growth_multiplies_the_wait_before(start: float, seed: int, count: int) -> None:
    wait = wait_growing_at_random(start, 1, 2)
    state = failed(seed)
    before = state.upcoming_sleep = wait(state)
    assert before == start
    for number in range(2, count):
        state.attempt_number = number
        state.upcoming_sleep = wait(state)
        assert before <= state.upcoming_sleep <= 2 * before
        before = state.upcoming_sleep


@given(st.integers(0, 100), st.floats(0, 0.999), st.integers(0, 2**32))
def test_the_jitter_of_the_retry_crate(whole: int, below: float, seed: int) -> None:
    """secs = ceil(secs * u), nanos = nanos * u, with one u (jimmycuadra/retry, random.rs, to 2.1)."""
    drawn = wait_jittered_as_rust_retry(wait_fixed(whole + below))(failed(seed))
    draw = random.Random(seed).random()
    seconds = -int(-whole * draw // 1)
    assert drawn == pytest.approx(seconds + below * draw, abs=1e-9)


@settings(deadline=None)
@given(
    st.floats(0, 1000),
    st.floats(0, 2),
    st.floats(0, 2),
    st.integers(0, 2**32),
)
def test_a_scaled_wait_stays_in_its_range_and_is_the_same_for_the_same_seed(
    wait_s: float, one: float, other: float, seed: int
) -> None:
    low, high = sorted((one, other))
    wait = wait_scaled(wait_fixed(wait_s), low, high)
    drawn = wait(failed(seed))
    assert wait_s * low * (1 - 1e-12) <= drawn <= wait_s * high * (1 + 1e-12)
    assert wait(failed(seed)) == drawn


def test_a_scale_from_one_to_one_changes_nothing() -> None:
    assert wait_scaled(wait_fixed(0.25), 1, 1)(failed()) == 0.25


def test_draws_spread_evenly_over_the_range() -> None:
    wait = wait_scaled(wait_fixed(1), 0.5, 1.5)
    state = failed(seed=7)
    drawn = [wait(state) for _ in range(4000)]
    quarters = [sum(low <= value < low + 0.25 for value in drawn) for low in (0.5, 0.75, 1, 1.25)]
    assert all(count == pytest.approx(1000, rel=0.1) for count in quarters)


def test_in_plain_tenacity_a_scaled_wait_draws_from_pythons_shared_generator() -> None:
    wait = wait_scaled(wait_fixed(2), 0, 1)
    random.seed(11)
    drawn = wait(plainly_failed())
    assert drawn == 2 * random.Random(11).uniform(0, 1)


def test_a_scaled_wait_adds_to_others() -> None:
    wait = wait_fixed(0.1) + wait_scaled(wait_fixed(0.1), 1, 1)
    strategy = Strategy("sum", retry_if_winerror(5), wait, stop_after_attempt(3))
    assert schedule(strategy).attempts_ms == (0, 200, 400)
