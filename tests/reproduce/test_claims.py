"""A claim is read as people write it, and compared with what was measured."""

from __future__ import annotations

import pytest

from harness.errors import InvalidInputError
from harness.reproduce.claims import read_claim


@pytest.mark.parametrize(
    ("text", "budget_ms", "attempts"),
    [
        ("retries for 10 s", 10_000, None),
        ("retried for up to 60 seconds", 60_000, None),
        ("3 retries within 1s", 1000, 4),
        ("5 attempts", None, 5),
        ("tries 10 times for 500ms", 500, 10),
        ("waits for about 2 minutes", 120_000, None),
        ("no retry", None, 1),
    ],
)
def test_claims_are_read(text: str, budget_ms: float | None, attempts: int | None) -> None:
    claim = read_claim(text)
    assert (claim.budget_ms, claim.attempts) == (budget_ms, attempts)


@pytest.mark.parametrize("text", ["very robust", "retries", "10"])
def test_what_claims_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="neither a time nor a number"):
        read_claim(text)


def test_a_claim_is_held_by_what_outlasts_such_a_hold() -> None:
    claim = read_claim("retries for 10 s")
    assert list(claim.differences(10_270, 11)) == []
    assert list(claim.differences(9_900, 11)) == []
    (words,) = claim.differences(5_130, 10)
    assert words == "claimed 10 s, but the last attempt is at 5.13 s: a longer hold is not outlasted"
    (words,) = claim.differences(60_000, 10)
    assert words == "claimed 10 s, but it goes on to 60 s"


def test_a_single_attempt_is_no_retry() -> None:
    (words,) = read_claim("retries for 10 s").differences(0.0, 1)
    assert words == "claimed: retries for 10 s; but it is tried once"
    assert list(read_claim("no retry").differences(0.0, 1)) == []


def test_what_was_ended_while_it_tried_is_not_judged() -> None:
    assert list(read_claim("retries for 10 min").differences(75_000, 900, cut=True)) == []


def test_numbers_of_attempts_are_compared() -> None:
    assert list(read_claim("3 retries").differences(1000, 4)) == []
    assert list(read_claim("3 attempts").differences(1000, 4)) == ["claimed 3 attempts, but made 4"]
