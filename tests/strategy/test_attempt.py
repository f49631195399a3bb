"""The state of an attempt: its failure is an outcome as tenacity has them."""

from __future__ import annotations

import random

import pytest
import tenacity

from harness.clock import VirtualClock
from harness.strategy import Attempt, Install, Operation
from harness.winerror import SHARING_VIOLATION, win32_error


@pytest.fixture
def failed() -> tuple[Attempt, OSError]:
    operation = Operation("rename", "move", "a", "b", lambda: None)
    attempt = Attempt(operation, Install(), VirtualClock(), random.Random(0), 0)
    error = win32_error(SHARING_VIOLATION)
    attempt.record_failure(error)
    return attempt, error


def test_a_failure_is_what_a_future_of_tenacity_with_its_error_is(
    failed: tuple[Attempt, OSError],
) -> None:
    attempt, error = failed
    expected = tenacity.Future.construct(attempt.attempt_number, error, has_exception=True)
    outcome = attempt.outcome
    assert outcome is not None
    for name in ("failed", "attempt_number"):
        assert getattr(outcome, name) == getattr(expected, name)
    for name in ("exception", "done", "running", "cancelled", "cancel"):
        assert getattr(outcome, name)() == getattr(expected, name)()
    with pytest.raises(OSError) as raised:  # noqa: PT011 - this very one
        outcome.result()
    assert raised.value is error


def test_who_asks_to_be_told_of_a_failure_is_told_at_once(failed: tuple[Attempt, OSError]) -> None:
    attempt, _ = failed
    told: list[object] = []
    assert attempt.outcome is not None
    attempt.outcome.add_done_callback(told.append)
    assert told == [attempt.outcome]


def test_failures_are_counted_by_code(failed: tuple[Attempt, OSError]) -> None:
    attempt, error = failed
    attempt.record_failure(error)
    attempt.record_failure(OSError("no code"))
    assert attempt.failures == {SHARING_VIOLATION: 2, 0: 1}
    assert attempt.failed_code == 0
