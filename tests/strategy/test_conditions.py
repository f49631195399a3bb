"""The conditions that tenacity lacks, inside our loop and inside tenacity's own."""

from __future__ import annotations

import errno
import random

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st
from tenacity import RetryCallState, retry_base

from harness.clock import VirtualClock
from harness.strategy import (
    Attempt,
    Install,
    Operation,
    Strategy,
    retried_codes,
    retry_if_any_oserror,
    retry_if_winerror,
)
from harness.winerror import MESSAGES, win32_error

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
