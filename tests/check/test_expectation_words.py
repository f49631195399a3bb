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
    ],
)
def test_an_expectation_is_a_predicate(keys: dict[str, Any], words: str) -> None:
    assert expectation_words(Expectation.model_validate({"strategies": ["a"], **keys})) == words


def test_all_that_a_failure_can_be_and_leave_can_be_expected() -> None:
    assert {*get_args(ExpectedLeft)} == {*get_args(Left)} - {""} == {*LEFT_WORDS}
    assert {*get_args(ExpectedOutcome)} == {*get_args(Outcome)} - {"ok", "harness-error"}
