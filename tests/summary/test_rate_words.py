"""Failure rates in words that never claim more than the interval."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategy.spec import PHRASES
from harness.summary.phrase import plain
from harness.summary.rate_words import named, rate_words
from harness.summary.statistics import wilson


@pytest.mark.parametrize(
    ("failures", "trials", "words"),
    [
        (0, 400, "0 of 400: at most 1.0 %"),  # 0.951 %: a bound is rounded up
        (400, 400, "400 of 400: at least 99.0 %"),  # 99.049 %: and down
        (35, 300, "35 of 300: 11.7 % (8.5 to 15.8 %)"),
        (0, 0, "no trials"),
        (1, 1_000_000, "1 of 1,000,000: 0.00010 % (0.000017 to 0.00057 %)"),
    ],
)
def test_a_rate_in_words(failures: int, trials: int, words: str) -> None:
    assert rate_words(failures, trials) == words


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_words_never_claim_more_than_the_interval(failures: int, successes: int) -> None:
    trials = failures + successes
    if not trials:
        return
    words = rate_words(failures, trials)
    low, high = wilson(failures, trials)
    said = [float(number) / 100 for number in re.findall(r"([\d.]+) (?:%|to)", words.split(":")[1])]
    if failures == 0:
        assert said[0] >= high - 1e-12
    elif failures == trials:
        assert said[0] <= low + 1e-12
    else:
        assert said[1] <= low + 1e-12
        assert said[2] >= high - 1e-12
        assert said[0] == pytest.approx(failures / trials, rel=0.05, abs=5e-4)


def test_names_that_are_not_plain_are_in_quotation_marks() -> None:
    names = ["exponential", "10ms x2 for 10s", "fixed-sleep(wait_ms=1)", "ours, 5 as well"]
    assert plain(named(names)) == (
        'exponential, "10ms x2 for 10s", fixed-sleep(wait_ms=1) and "ours, 5 as well"'
    )


@pytest.mark.parametrize("clause", PHRASES)
def test_notation_is_always_in_quotation_marks(clause: str) -> None:
    assert plain(named([f"plain {clause}"])) == f'"plain {clause}"'
    assert plain(named([f"10ms,50ms {clause}", "uv"])) == f'"10ms,50ms {clause}" and uv'
