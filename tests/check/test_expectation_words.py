"""Expectations are said in words that fit a sentence."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from harness.check.expectation_words import LEFT_WORDS, expectation_words
from harness.record.trial_record import Outcome
from harness.scenario.expect_model import Expectation, ExpectedLeft, ExpectedOutcome
from harness.summary.trial_row import Left


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"fails": "never"}, "never fails"),
        (
            {"fails": "always", "codes": ["EBUSY"], "left": ["lost"]},
            "always fails with 32 or 33, leaving neither the old nor the new one",
        ),
        ({"fails": "always", "outcomes": ["damaged"]}, "always fails as damaged"),
        ({"fails": "sometimes", "at_least": 0.5}, "fails in at least 50.0 %"),
        ({"fails": "sometimes", "at_most": 0.0}, "fails in at most 0 %"),
        (
            {"fails": "sometimes", "at_least": 0.1, "at_most": 0.9, "factors": {"primitive": "move"}},
            "fails in 10.0 to 90.0 % (primitive=move)",
        ),
        (
            {"fails": "always", "takes_at_least_ms": 400_000, "recovers": "never"},
            "always fails, taking at least 400 s, and fails when run again",
        ),
        ({"fails": "never", "takes_at_most_ms": 900}, "never fails, taking at most 900 ms"),
        (
            {
                "fails": "always",
                "takes_at_least_ms": 1,
                "takes_at_most_ms": 2000,
                "recovers": "always",
                "recovers_from_run": 2,
                "recovers_by_run": 2,
            },
            "always fails, taking 1 ms to 2 s, and succeeds in run 2",
        ),
        (
            {"fails": "always", "recovers": "always", "recovers_by_run": 4},
            "always fails, and succeeds by run 4",
        ),
        (
            {"fails": "always", "recovers": "always", "recovers_from_run": 3},
            "always fails, and succeeds in run 3 or later",
        ),
    ],
)
def test_an_expectation_is_a_predicate(keys: dict[str, Any], words: str) -> None:
    assert expectation_words(Expectation.model_validate({"strategies": ["a"], **keys})) == words


def test_all_that_a_failure_can_be_and_leave_can_be_expected() -> None:
    assert {*get_args(ExpectedLeft)} == {*get_args(Left)} - {""} == {*LEFT_WORDS}
    assert {*get_args(ExpectedOutcome)} == {*get_args(Outcome)} - {"ok", "harness-error"}
