"""What a strategy does, in words."""

from __future__ import annotations

import pytest

from harness.strategy import catalogue
from harness.strategy.explain import explained, retried_text
from harness.strategy.notation import parse
from harness.winerror import MESSAGES


@pytest.mark.parametrize(
    ("notation", "codes", "words"),
    [
        ("plain", "nothing", ["Makes one attempt and never waits."]),
        ("10ms x2 0 retries", "nothing", ["Makes one attempt and never retries."]),
        ("10ms 1 attempt on any but 5", "nothing", ["Makes one attempt and never retries."]),
        ("10ms within 5ms on 183", "nothing", ["Makes one attempt and never retries."]),
        (
            "1s 0 retries trailing wait on 5",
            "nothing",
            [
                "Makes one attempt and never retries.",
                "Waits 1 s each time.",
                "Waits once more after the last attempt before it reports the error.",
            ],
        ),
        (
            "10ms x2 cap 250ms for 30s on 5,32",
            "5, 32",
            [
                "Waits 10 ms, doubling each time, but never more than 250 ms.",
                "Gives up at the first failure 30 s after the start or later.",
                f"Retries errors 5 ({MESSAGES[5]}) and 32 ({MESSAGES[32]}). Fails immediately on 33.",
            ],
        ),
        (
            "0,1,10ms on any but 2 trailing wait deleting target first",
            "any but 2",
            [
                "Waits 0, 1 ms, 10 ms.",
                "Gives up after 4 attempts.",
                "Retries every error but 2 (The system cannot find the file specified).",
                "Waits once more after the last attempt before it reports the error.",
                "Each attempt deletes the target, then makes the call.",
            ],
        ),
        (
            "10ms x1.5 cap 1s 1 retry for 10s waited on 5,32,33",
            "5, 32, 33",
            [
                "Waits 10 ms, then each wait is 1.5 times the one before, but never more than 1 s.",
                (
                    "Gives up after 2 attempts or if the next wait would bring the total waited to "
                    "10 s or more, whichever comes first."
                ),
                "Retries errors 5, 32 and 33.",
            ],
        ),
        (
            "10ms,20ms 3 retries on 5",
            "5",
            [
                "Waits 10 ms, 20 ms.",
                "Gives up after 3 attempts (the list of waits ends there).",
                f"Retries error 5 ({MESSAGES[5]}). Fails immediately on 32 and 33.",
            ],
        ),
        (
            "10ms,20ms 1 retry for 5s on any",
            "any",
            [
                "Waits 10 ms, 20 ms.",
                (
                    "Gives up after 2 attempts or at the first failure 5 s after the start or later, "
                    "whichever comes first."
                ),
                "Retries every error.",
            ],
        ),
        (
            "1s x1..2 5 attempts within 2min on any fresh temporary",
            "any",
            [
                "Waits 1 s, then the previous wait times a draw from 1 to 2.",
                (
                    "Gives up after 5 attempts or if the next attempt would begin 2 min after the start "
                    "or later, whichever comes first."
                ),
                "Retries every error.",
                "Writes a new temporary file, under another name, before each retry.",
            ],
        ),
        (
            "1s 10 retries on any but 5; 10ms for 100ms on 5",
            "any",
            [
                (
                    "After error 5: waits 10 ms each time; gives up at the first failure 100 ms after "
                    "the start or later."
                ),
                "After every other error: waits 1 s each time; gives up after 11 failures.",
            ],
        ),
        (
            "10ms 5 retries on 5,32 deleting target first; 1s 3 retries on 145",
            "5, 32, 145",
            [
                "After error 145: waits 1 s each time; gives up after 4 failures.",
                "After error 5 or 32: waits 10 ms each time; gives up after 6 failures.",
                "Fails immediately on 33.",
                "Each attempt deletes the target, then makes the call.",
            ],
        ),
        (
            "1s 3 retries on any but 2,5; 10ms 1 retry on 5",
            "any but 2",
            [
                "After error 5: waits 10 ms each time; gives up after 2 failures.",
                "After every other error but 2: waits 1 s each time; gives up after 4 failures.",
            ],
        ),
    ],
)
def test_a_strategy_is_explained_in_words(notation: str, codes: str, words: list[str]) -> None:
    assert retried_text(parse(notation)) == codes
    assert explained(parse(notation)) == words


@pytest.mark.parametrize("name", list(catalogue.entries()))
def test_every_strategy_of_the_catalogue_can_be_explained(name: str) -> None:
    words = explained(catalogue.entries()[name].spec)
    assert all(line.endswith(".") and "None" not in line for line in words)
