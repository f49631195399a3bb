"""The parts that tenacity lacks, inside our loop and inside tenacity's own."""

from __future__ import annotations

import errno
import random
from typing import TYPE_CHECKING

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st
from tenacity import RetryCallState, stop_after_attempt, wait_fixed

from harness.clock import VirtualClock
from harness.strategy import (
    Attempt,
    Install,
    Operation,
    Strategy,
    retried_codes,
    retry_if_any_oserror,
    retry_if_winerror,
    schedule,
    wait_scaled,
)
from harness.winerror import MESSAGES, win32_error

if TYPE_CHECKING:
    from tenacity import retry_base

codes = st.sampled_from(sorted(MESSAGES))


def failed_with(error: BaseException, seed: int = 0) -> Attempt:
    """Build the state after a first attempt that ended with `error`."""
    operation = Operation("rename", "move", "source", "target", lambda: None)
    attempt = Attempt(operation, Install(), VirtualClock(), random.Random(seed), 0)
    attempt.record_failure(error)
    return attempt


def plainly_failed_with(error: BaseException) -> RetryCallState:
    """Build the same in plain tenacity."""
    state = RetryCallState(tenacity.Retrying(), None, (), {})
    state.set_exception((type(error), error, None))
    return state


@settings(deadline=None)
@given(st.sets(codes), codes)
def test_an_error_is_retried_exactly_if_its_code_is_one_of_those_named(
    named: set[int], code: int
) -> None:
    retry = retry_if_winerror(*named)
    assert retry(failed_with(win32_error(code))) == (code in named)
    assert retry(plainly_failed_with(win32_error(code))) == (code in named)


def test_the_codes_that_share_an_errno_are_told_apart() -> None:
    """5, 32 and 33 are all EACCES (CPython PC/errmap.h)."""
    assert {win32_error(code).errno for code in (5, 32, 33)} == {errno.EACCES}
    assert retried_codes(Strategy("sharing", retry_if_winerror(32))) == (32,)


@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "denied"), FileNotFoundError(), ValueError(), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)
def test_an_error_without_a_code_is_not_retried_for_its_code(error: BaseException) -> None:
    assert not retry_if_winerror(*MESSAGES)(failed_with(error))


def test_success_is_not_retried() -> None:
    state = RetryCallState(tenacity.Retrying(), None, (), {})
    state.set_result(None)
    assert not retry_if_winerror(5)(state)
    assert not retry_if_any_oserror()(state)


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (win32_error(1224), True),
        (OSError(errno.ENOSPC, "full"), True),
        (FileNotFoundError(), True),
        (ValueError(), False),
    ],
    ids=["1224", "ENOSPC", "ENOENT", "ValueError"],
)
def test_any_error_of_the_system_is_retried_with_a_code_or_without(
    error: Exception, *, retried: bool
) -> None:
    assert retry_if_any_oserror()(failed_with(error)) == retried


@pytest.mark.parametrize(
    ("retry", "retried"),
    [
        (retry_if_winerror(5) | retry_if_winerror(32), (5, 32)),
        (retry_if_winerror(5, 32) & retry_if_winerror(32, 33), (32,)),
        (retry_if_any_oserror() & retry_if_winerror(33), (33,)),
    ],
    ids=["or", "and", "any and one"],
)
def test_conditions_combine_as_those_of_tenacity_do(retry: retry_base, retried: tuple[int, ...]) -> None:
    assert retried_codes(Strategy("combined", retry)) == retried


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
    drawn = wait(failed_with(win32_error(5), seed))
    assert wait_s * low * (1 - 1e-12) <= drawn <= wait_s * high * (1 + 1e-12)
    assert wait(failed_with(win32_error(5), seed)) == drawn


def test_a_scale_from_one_to_one_changes_nothing() -> None:
    assert wait_scaled(wait_fixed(0.25), 1, 1)(failed_with(win32_error(5))) == 0.25


def test_draws_spread_evenly_over_the_range() -> None:
    wait = wait_scaled(wait_fixed(1), 0.5, 1.5)
    state = failed_with(win32_error(5), seed=7)
    drawn = [wait(state) for _ in range(4000)]
    quarters = [sum(low <= value < low + 0.25 for value in drawn) for low in (0.5, 0.75, 1, 1.25)]
    assert all(count == pytest.approx(1000, rel=0.1) for count in quarters)


def test_in_plain_tenacity_a_scaled_wait_draws_from_pythons_shared_generator() -> None:
    wait = wait_scaled(wait_fixed(2), 0, 1)
    random.seed(11)
    drawn = wait(plainly_failed_with(win32_error(5)))
    assert drawn == 2 * random.Random(11).uniform(0, 1)


def test_a_scaled_wait_adds_to_others() -> None:
    wait = wait_fixed(0.1) + wait_scaled(wait_fixed(0.1), 1, 1)
    strategy = Strategy("sum", retry_if_winerror(5), wait, stop_after_attempt(3))
    assert schedule(strategy).attempts_ms == (0, 200, 400)
