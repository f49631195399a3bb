"""A recorded call: bounds on its attempts, and errors of the machine in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.clock import VirtualClock
from harness.run import recorded_call
from harness.run.recorded_call import Failures, RecordedCall, TrialFaultError
from harness.winerror import SHARING_VIOLATION, win32_error


def held() -> None:
    raise win32_error(SHARING_VIOLATION)


def test_the_failed_attempts_of_an_install_are_bounded_over_all_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorded_call, "MOST_FAILURES", 3)
    failures = Failures()
    for where in ("first", "second", "third"):
        call = RecordedCall(VirtualClock(), where, failures)
        with pytest.raises(PermissionError):
            call(held)
        assert len(call.attempts) == 1
    with pytest.raises(TrialFaultError, match="fourth: the install had 3 failed attempts"):
        RecordedCall(VirtualClock(), "fourth", failures)(held)


def test_successes_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_call, "MOST_FAILURES", 1)
    failures = Failures()
    for _ in range(5):
        RecordedCall(VirtualClock(), "one", failures)(lambda: None)
    assert failures.count == 0


def test_a_path_that_is_too_long_says_what_to_do(tmp_path: Path) -> None:
    long = str(tmp_path / "/".join(["x" * 200] * 30))
    with pytest.raises(OSError, match=r"long|find|such") as caught:
        os.stat(long)
    if caught.value.errno != errno.ENAMETOOLONG:
        pytest.skip("this system takes longer paths, or says that there is none")
    words = str(recorded_call.machine_error("one", caught.value))
    assert words.startswith("one: OSError: File name too long. The path has ")
    assert "TMPDIR" in words


def test_the_most_retries_that_notation_counts_fit_into_one_call() -> None:
    call = RecordedCall(VirtualClock(), "one")
    call.attempts = [(0, 5_000_000, 32)] * 100_000
    call(lambda: None)
    with pytest.raises(TrialFaultError, match=r"one: .* in 100,001 attempts"):
        call(lambda: None)


def test_an_install_with_a_time_limit_may_make_more_attempts() -> None:
    assert recorded_call.most_attempts(None) == 100_001
    most = recorded_call.most_attempts(60_000)
    assert most == 1_000_000
    call = RecordedCall(VirtualClock(), "one", most=most)
    call.attempts = [(0, 5_000_000, 32)] * 100_001
    call(lambda: None)
