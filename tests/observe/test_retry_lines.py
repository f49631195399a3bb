"""Lines of tools that retry: after which attempt and by which a step became possible.

The times of attempts are those of tests/strategy/ground_truth.toml: 0, 10, 30, 70, … 10,230 ms.
"""

from __future__ import annotations

import math

import pytest
from scanner_log_lab import copy_failure, copy_retry, uv_failure, uv_retries

from harness.observe import retry_lines
from harness.observe.retry_lines import Blocked, RetryLines


def read(*pieces: str) -> tuple[list[Blocked], RetryLines]:
    lines = RetryLines()
    for piece in pieces:
        lines.feed(piece)
    return list(lines.blocked()), lines


@pytest.mark.parametrize(
    ("times", "low", "high"), [(1, 0, 10), (2, 10, 30), (3, 30, 70), (8, 1270, 2550), (9, 2550, 5110)]
)
def test_the_number_of_lines_says_between_which_attempts(times: int, low: float, high: float) -> None:
    assert read(uv_retries("a", times))[0] == [Blocked("rename", low, high, 5)]


def test_interleaved_renames_are_told_apart() -> None:
    lines = [*uv_retries("a", 3).splitlines(True), *uv_retries("b", 1).splitlines(True)]
    found = read("".join([lines[0], lines[3], lines[1], lines[2]]))[0]
    assert found == [Blocked("rename", 30, 70, 5), Blocked("rename", 0, 10, 5)]


def test_after_the_last_retry_success_is_not_assumed() -> None:
    assert read(uv_retries("a", 10))[0] == [Blocked("rename", 5110, math.inf, 5)]


@pytest.mark.parametrize("apart", [False, True])
def test_a_failure_that_names_the_file_was_the_last_attempt(apart: bool) -> None:
    text = uv_retries("a", 10) + uv_retries("c", 2)
    failure = uv_failure("a")
    at = failure.index(".tmp") if apart else len(failure)
    found = read(text + failure[:at], failure[at:])[0]
    assert found == [Blocked("rename", 10_230, math.inf, 5), Blocked("rename", 10, 30, 5)]


def test_failures_close_to_each_other_each_name_their_file() -> None:
    retried = "".join(uv_retries(name, 10) for name in "abc")
    found = read(retried + uv_failure("a") + "failed to rename file from\n" * 50 + uv_failure("b"))[0]
    assert [each.low_ms for each in found] == [10_230, 10_230, 5110]


def test_a_retry_after_somebody_elses_failure_is_no_failure() -> None:
    found = read(uv_retries("a", 10) + uv_failure("a") + uv_retries("c", 1))[0]
    assert found[1] == Blocked("rename", 0, 10, 5)


def test_until_0_9_28_the_ninth_retry_was_the_last() -> None:
    assert read(uv_retries("a", 9) + uv_failure("a"))[0] == [Blocked("rename", 5110, math.inf, 5)]


def test_more_lines_than_uv_writes_are_left_out() -> None:
    found, lines = read(uv_retries("a", 11))
    assert not found
    assert lines.unknown == 1


def test_versions_that_drew_their_waits_are_left_out() -> None:
    found, lines = read("DEBUG uv 0.4.30 (abc 2024-11-04)\n" + uv_retries("a", 3))
    assert (found, lines.unknown) == ([], 1)
    assert len(read("DEBUG uv 0.9.5 (abc)\n" + uv_retries("a", 3))[0]) == 1


def test_times_of_the_log_only_widen_the_interval() -> None:
    stamps = [f"2026-09-07T23:59:{second:02}.5000000Z " for second in (57, 58, 59)]
    assert read(uv_retries("a", 3, stamps=stamps))[0] == [Blocked("rename", 30, 2040, 5)]


def test_without_a_code_it_is_what_uv_retries() -> None:
    assert read(uv_retries("a", 1, code="failed"))[0][0].code == 5


def test_files_that_are_put_in_place() -> None:
    line = "WARN Retrying to persist temporary file to C:\\x\\httpx.exe: in use (os error 32)\n"
    assert read(line * 2)[0] == [Blocked("persist", 10, 30, 32)]
    assert read(line.replace(" (os error 32)", ""))[0][0].code == 0


def test_copies_wait_as_long_as_the_line_says() -> None:
    found, lines = read(copy_retry(1) + copy_retry(2))
    assert found == [Blocked("copy", 1000, 2000, 32)]
    assert lines.holders == ["MsMpEng.exe", "MsMpEng.exe"]


def test_a_copy_that_failed_for_good() -> None:
    text = "".join(copy_retry(number) for number in range(1, 11)) + copy_failure()
    assert read(text)[0] == [Blocked("copy", 10_000, math.inf, 32)]


def test_other_lines_that_begin_alike_are_nothing() -> None:
    text = (
        "Retrying request to https://pypi.org from cache to disk\nRetrying \nRetrying rename from a\n"
        "MSB3026\n"
    )
    found, lines = read(text)
    assert (found, lines.lines) == ([], 0)


def test_targets_beyond_the_most_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_lines, "MOST_GROUPS", 1)
    found, lines = read(uv_retries("a", 2) + uv_retries("b", 2))
    assert (len(found), lines.beyond) == (1, 2)
