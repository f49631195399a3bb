"""What strategies do while something is held, by their own loop."""

from __future__ import annotations

import pytest

from harness.holds.handles import Hold, Share
from harness.predict.hold_cases import hold_case
from harness.predict.shapes import DIRECTORY, FILE, SHAPES, TargetShape
from harness.predict.trace import trace_attempts, traces_of
from harness.scenario.load import shipped_profiles
from harness.strategy.lookup import catalogued
from harness.strategy.notation import parse

PROFILES = shipped_profiles()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("profile_name", ["brief", "target-scan", "permanent", "cloud-verdict"])
def test_the_trace_of_every_strategy_is_that_of_its_own_loop(
    shape: TargetShape, profile_name: str
) -> None:
    """Traces are put together from a probe and the timetable; here the loop runs to its end."""
    found = hold_case(profile_name, PROFILES[profile_name], shape)
    handles = tuple(hold.handle for hold in found.active_holds)
    for view in catalogued():
        seeds = range(len(view.times.schedules))[:3]
        whole = [
            trace_attempts(
                view.strategy, shape, handles, attempt_cost_ms=view.times.attempt_cost_ms, seed=seed
            )
            for seed in seeds
        ]
        given = traces_of(view.required_spec, shape, handles)
        assert list(given[: len(whole)]) == whole[: len(given)], view.name


def test_a_deletion_that_fails_is_followed_at_its_own_times() -> None:
    held = (Hold("target", "target", share=Share.READ),)
    spec = parse("10ms 50 retries on 5 deleting target or failing")
    (trace,) = traces_of(spec, FILE, held)
    assert trace.attempts_ms == (0, 100, 300, 600)
    assert set(trace.codes) == {32}


def test_a_file_that_answers_with_an_error_of_its_own_is_not_in_the_way_of_its_folder() -> None:
    """It is no handle; a held one is."""
    for hold, succeeds in (
        (Hold("child", "below", own_error=225), True),
        (Hold("child", "below"), False),
    ):
        (trace,) = traces_of(parse("10ms 3 retries on any"), DIRECTORY, (hold,))
        assert trace.succeeded == succeeds


def test_a_fresh_temporary_file_is_held_by_nobody() -> None:
    held = (Hold("source", "source", share=Share.NONE),)
    (trace,) = traces_of(parse("10ms 3 retries on any fresh temporary"), FILE, held)
    assert (trace.attempts_ms, trace.succeeded) == ((0, 10), True)
    (trace,) = traces_of(parse("10ms 3 retries on any"), FILE, held)
    assert not trace.succeeded


def test_an_old_target_taken_for_done_is_not_replaced() -> None:
    held = (Hold("source", "source", share=Share.NONE),)
    (trace,) = traces_of(parse("10ms 3 retries done if target exists"), FILE, held)
    assert (trace.attempts_ms, trace.verdict, trace.succeeded) == ((0,), "done", False)
