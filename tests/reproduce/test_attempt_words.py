"""Attempts in words: when, and how many of them were denied."""

from __future__ import annotations

import pytest

from harness.reproduce.attempt_words import attempt_words
from harness.reproduce.outcome import SeenAttempt


def seen(*times: float, denied: int) -> list[SeenAttempt]:
    return [SeenAttempt(at_ms=at, denied=n < denied, error=13) for n, at in enumerate(times)]


@pytest.mark.parametrize(
    ("attempts", "words"),
    [
        (seen(denied=0), ""),
        (seen(0, denied=1), "1 attempt, denied"),
        (seen(0, denied=0), "1 attempt"),
        (seen(0, 10, denied=1), "2 attempts at 0 ms and 10 ms, 1 of them denied"),
        (seen(0, 10, 30, denied=3), "3 attempts at 0 ms, 10 ms and 30 ms, all denied"),
        (
            seen(0, 10, 30, 70, 150, 310, 10270, denied=6),
            "7 attempts at 0 ms, 10 ms, 30 ms … 10.3 s, 6 of them denied",
        ),
    ],
)
def test_attempts_in_words(attempts: list[SeenAttempt], words: str) -> None:
    assert attempt_words(attempts) == words
