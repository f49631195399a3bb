"""Schedules over the draws of jitter, hot loops, and policies explained in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.predict.candidates import Contender, catalogued
from harness.predict.similar import differences, distance, relatives
from harness.strategy import catalogue, get_strategy
from harness.strategy.explain import explained, retries_code, retries_words
from harness.strategy.notation import parse
from harness.strategy.schedules import (
    DRAWN_ATTEMPTS,
    DRAWS,
    FEWEST_DRAWS,
    HOT_LOOP_COST_MS,
    retried_codes,
    schedule,
    times_of,
    timetable,
)
from harness.winerror import MESSAGES

NAMES = list(catalogue.policies())


def test_without_jitter_there_is_one_schedule_and_it_is_the_exact_one() -> None:
    times = timetable(get_strategy("exponential"))
    assert times.schedules == (schedule(get_strategy("exponential")),)
    assert not times.is_random
    assert times.budget_ms.is_one
    assert (times.budget_ms.median, times.attempts.median) == (10_230, 11)


def test_full_jitter_has_half_of_the_budget_in_the_middle() -> None:
    """ground-truth.md: 1 ms fibonacci with 26 retries is 318 s at most, half of that in the middle."""
    times = times_of(parse("1ms fibonacci jitter x0..1 26 retries on 5"))
    assert len(times.schedules) == DRAWS
    assert times.is_random
    assert times.budget_ms.median == pytest.approx(159_000, rel=0.08)
    assert 0 < times.budget_ms.least < times.budget_ms.median < times.budget_ms.most < 318_000
    assert times.attempts.is_one
    assert times.typical.budget_ms == pytest.approx(times.budget_ms.median, rel=0.02)


def test_a_hot_loop_ends_for_its_attempts_are_declared_to_take_time() -> None:
    """graceful-fs before 4.1.10: as often as it can, for a second."""
    times = times_of(parse("0 for 1s on 5 renames only"))
    assert times.attempt_cost_ms == HOT_LOOP_COST_MS == 0.3
    assert times.attempts.median == 3334  # the one at 999.9 ms ends after the second
    assert times.budget_ms.median == pytest.approx(999.9)
    assert not times.is_cut
    assert timetable(parse("0 for 1s").strategy("hot")).budget_ms.median == pytest.approx(999.9)


def test_a_hot_loop_of_more_attempts_than_are_listed_elsewhere_has_no_jitter() -> None:
    for times in (
        times_of(parse("0 for 5s on 5")),
        timetable(parse("0 for 5s on 5").strategy("hot")),
        times_of(parse("0 jitter x0.5..1.5 for 5s on 5")),
    ):
        assert not times.is_random
        assert times.attempts.median == 16_667  # every 0.3 ms
        assert not times.is_cut


def test_who_makes_very_many_attempts_has_fewer_draws() -> None:
    many = times_of(parse("10ms jitter x0.5..1.5 for 30s on 5,32"))
    assert FEWEST_DRAWS <= len(many.schedules) < DRAWS
    assert sum(len(listed.attempts_ms) for listed in many.schedules) < 1.1 * DRAWN_ATTEMPTS


def test_retries_without_a_wait_take_what_their_calls_are_declared_to() -> None:
    times = times_of(parse("0 199 retries"))
    assert (times.attempts.median, times.attempt_cost_ms) == (200, 0.3)
    assert times.budget_ms.median == pytest.approx(199 * 0.3)


def test_what_would_go_on_for_ever_is_said_to_be_cut() -> None:
    assert times_of(parse("0 100000 retries")).is_cut


@pytest.mark.parametrize("name", NAMES)
def test_times_do_not_depend_on_codes_and_conditions(name: str) -> None:
    """`times_of` leaves them out; the policy's own schedule on a code that it retries is the same."""
    policy = catalogue.policies()[name]
    codes = retried_codes(policy.strategy())
    if codes:
        given = times_of(policy.sentence)
        own = schedule(policy.strategy(), code=codes[0], attempt_cost_ms=given.attempt_cost_ms)
        assert given.schedules[0].attempts_ms == own.attempts_ms
        assert given.schedules[0].gave_up_ms == own.gave_up_ms


@pytest.mark.parametrize("name", NAMES)
def test_the_codes_of_the_sentence_are_those_that_the_policy_retries_when_asked(name: str) -> None:
    policy = catalogue.policies()[name]
    said = {code for code in MESSAGES if retries_code(policy.sentence, code)}
    asked = set(retried_codes(policy.strategy())) if policy.sentence.retries != 0 else set()
    assert said == asked


@pytest.mark.parametrize(
    ("sentence", "codes", "words"),
    [
        ("plain", "nothing", ["Makes one attempt and never waits."]),
        (
            "10ms x2 cap 250ms for 30s on 5,32",
            "5, 32",
            [
                "Waits 10 ms, then 2 times as long each time, but never more than 250 ms.",
                "Gives up at the first failure 30 s after the start or later.",
                f"Retries error 5 ({MESSAGES[5]}) and 32 ({MESSAGES[32]}). Reports 33 at once.",
            ],
        ),
        (
            "0,1,10ms on any but 2 trailing wait deleting target first",
            "any but 2",
            [
                "Waits 0, 1 ms, 10 ms.",
                "Gives up after 4 attempts, and waits once more before it says so.",
                "Retries every error but 2 (The system cannot find the file specified).",
                "Each attempt deletes the target, then makes the call.",
            ],
        ),
        (
            "1s x1..2 5 attempts within 2min on any fresh temporary",
            "any",
            [
                "Waits 1 s, then the wait before times a draw from 1 to 2.",
                (
                    "Gives up after 5 attempts or if the next attempt would begin 2 min after the start "
                    "or later, whichever comes first."
                ),
                "Retries every error.",
                "Writes the temporary file anew, under another name, before each retry.",
            ],
        ),
    ],
)
def test_a_sentence_is_explained_in_words(sentence: str, codes: str, words: list[str]) -> None:
    assert retries_words(parse(sentence)) == codes
    assert explained(parse(sentence)) == words


@pytest.mark.parametrize("name", NAMES)
def test_every_policy_can_be_explained(name: str) -> None:
    words = explained(catalogue.policies()[name].sentence)
    assert all(line.endswith(".") and "None" not in line for line in words)


# relatives


def policy(sentence: str, name: str = "made") -> Contender:
    return Contender(name, parse(sentence))


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_the_distance_is_a_metric(one: str, two: str, three: str) -> None:
    found = {row.name: row for row in catalogued(every=True)}
    first, second, third = found[one], found[two], found[three]
    assert distance(first, first) == 0
    assert distance(first, second) == distance(second, first) >= 0
    assert distance(first, third) <= distance(first, second) + distance(second, third) + 1e-9


def test_ten_times_the_budget_or_no_code_in_common_is_at_least_one_away() -> None:
    assert distance(policy("1s 1 retry"), policy("10s 1 retry")) == pytest.approx(1.05, abs=0.01)
    assert distance(policy("1s 1 retry on 5"), policy("1s 1 retry on 32,33")) == 1
    assert distance(policy("1s 1 retry on 5"), policy("1s 1 retry on any")) == pytest.approx(2 / 3)


def test_the_nearest_relative_is_the_policy_itself_if_it_is_there_and_twins_stand_together() -> None:
    others = [
        policy("1s 3 retries", "far"),
        policy("10ms x2 10 retries", "a"),
        policy("10ms x2 10 retries", "b"),
    ]
    first, second = relatives(policy("10ms x2 10 retries"), others)
    assert (first.contender.name, first.twins, first.distance, first.differs) == ("a", ("b",), 0, ())
    assert second.contender.name == "far"


def test_the_differences_are_said_in_words() -> None:
    ours = policy("10ms x2 cap 250ms for 30s on 5,32")
    theirs = policy("1ms fibonacci jitter x0..1 26 retries on 5 renames only")
    assert differences(ours, theirs)[:2] == ("retries 5", "27 attempts")
    assert differences(ours, theirs)[-2:] == ("renames only", "with jitter")
    assert any(words.startswith("budget 16") for words in differences(ours, theirs))
    assert differences(ours, ours) == ()
