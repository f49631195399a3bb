"""Schedules over the draws of jitter, and hot loops."""

from __future__ import annotations

import pytest

from harness.scenario.model import Scenario
from harness.strategy import catalogue, get_strategy
from harness.strategy.notation import parse
from harness.strategy.schedules import retried_codes, schedule
from harness.strategy.timetable import (
    ATTEMPT_COST_MS,
    DRAWN_ATTEMPTS,
    DRAWS,
    FEWEST_DRAWS,
    times_of,
    timetable,
)

NAMES = list(catalogue.entries())


def test_without_jitter_there_is_one_schedule_and_it_is_the_exact_one() -> None:
    times = timetable(get_strategy("exponential"))
    assert times.schedules == (schedule(get_strategy("exponential")),)
    assert not times.is_random
    assert times.budget_ms.is_one
    assert (times.budget_ms.median, times.attempts.median) == (10_230, 11)


def test_full_jitter_has_half_of_the_budget_in_the_middle() -> None:
    """1 ms fibonacci with 26 retries: 318 s at most (retry-strategies.md#jitter-and-budgets)."""
    times = times_of(parse("1ms fibonacci jitter x0..1 26 retries on 5"))
    assert times.computed is not None
    assert times.is_random
    assert times.budget_ms.median == pytest.approx(159_000, rel=0.001)
    assert times.budget_ms.least == 0
    assert times.budget_ms.most == pytest.approx(317_810)
    assert times.attempts.is_one
    assert times.typical.budget_ms == pytest.approx(times.budget_ms.median, rel=0.02)


def test_a_hot_loop_ends_for_its_attempts_are_declared_to_take_time() -> None:
    """graceful-fs before 4.1.10: as often as it can, for a second."""
    times = times_of(parse("0 for 1s on 5 renames only"))
    assert times.attempt_cost_ms == ATTEMPT_COST_MS == 0.3
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


def test_who_makes_very_many_attempts_is_drawn_and_has_fewer_draws_but_bounds() -> None:
    many = times_of(parse("10ms jitter x0.5..1.5 for 30s on 5,32"))
    assert many.computed is None
    assert (many.budget_ms.least, many.budget_ms.most) == (30_000, 30_015)
    assert (many.attempts.least, many.attempts.most) == (2001, 6001)
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
    """`times_of` leaves them out; the strategy's own schedule on a code that it retries is the same."""
    entry = catalogue.entries()[name]
    codes = retried_codes(entry.strategy())
    if codes:
        given = times_of(entry.spec)
        own = schedule(entry.strategy(), code=codes[0], attempt_cost_ms=given.attempt_cost_ms)
        assert given.schedules[0].attempts_ms == own.attempts_ms
        assert given.schedules[0].gave_up_ms == own.gave_up_ms


def test_an_attempt_is_declared_to_take_what_scenarios_take_by_default() -> None:
    assert Scenario.model_fields["attempt_cost_ms"].default == ATTEMPT_COST_MS


def test_a_wait_after_the_last_attempt_is_known() -> None:
    assert times_of(parse("1s 1 retry trailing wait")).waits_after_last
    assert not times_of(parse("1s 1 retry")).waits_after_last
    assert not times_of(parse("0 for 1s")).waits_after_last
