"""Different waits for different errors: times worked out by hand, and rules for all parts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import NS_PER_MS, VirtualClock
from harness.predict.hold_cases import hold_cases
from harness.predict.shapes import SHAPES
from harness.predict.simulate import predict
from harness.scenario.load import shipped_profiles
from harness.strategy import retried_codes, schedule
from harness.strategy.explain import explained, retried_text
from harness.strategy.notation import parse
from harness.winerror import win32_error

TWO = "10ms x2 3 retries on 5; 100ms 2 retries on 32"


def attempts_ms(text: str, codes: list[int]) -> tuple[list[float], int | None]:
    """Return when a call is attempted that fails with one code after another, and the last error."""
    clock, times = VirtualClock(), []
    answers: Iterator[int] = iter(codes)

    def call(source: str, target: str) -> None:
        del source, target
        times.append(clock.now_ns() / NS_PER_MS)
        if (code := next(answers, None)) is not None:
            raise win32_error(code)

    try:
        parse(text).strategy("it").persist(call, "a", "b", clock=clock, rng=random.Random(0))
    except OSError as error:
        return times, getattr(error, "winerror", None)
    return times, None


@pytest.mark.parametrize(
    ("codes", "times", "error"),
    [
        ([5, 5, 5, 5], [0, 10, 30, 70], 5),
        ([32, 32, 32], [0, 100, 200], 32),
        ([5, 32, 5, 32, 5], [0, 10, 110, 130, 230, 270], None),  # each counts its own failures
        ([32, 5, 32, 5, 32], [0, 100, 110, 210, 230], 32),
        ([5, 33], [0, 10], 33),  # 33 is in no part
    ],
)
def test_each_error_has_its_waits_and_its_own_end(
    codes: list[int], times: list[float], error: int | None
) -> None:
    assert attempts_ms(TWO, codes) == (times, error)


def test_time_limits_count_from_the_first_attempt_whatever_failed_before() -> None:
    times, error = attempts_ms("50ms for 200ms on 5; 100ms for 300ms on 32", [5, 5, 32, 32, 32])
    assert (times, error) == ([0, 50, 100, 200, 300], 32)


def test_conditions_and_ways_are_those_of_the_whole() -> None:
    made = parse("10ms 3 retries on 5 renames only else copy; 1s 2 retries on 145")
    assert str(made) == "10ms 3 retries on 5 renames only else copy; 1s 2 retries on 145"
    assert set(retried_codes(made.strategy("it"))) == {5, 145}


def test_it_is_explained_part_by_part() -> None:
    made = parse(TWO)
    assert "After error 32: waits 100 ms each time; gives up after 3 failures." in explained(made)
    assert retried_text(made) == "5, 32"
    assert retried_text(parse("1ms 3 retries on any but 2,32; 1s 1 retry on 32")) == "any but 2"


_WAITS = st.sampled_from(["10ms", "10ms x2", "0 +5ms", "1,2,3ms", "1ms fibonacci", "10ms jitter x0..1"])
_ENDS = st.sampled_from(["3 retries", "for 200ms", "within 90ms", "5 attempts for 50ms"])


@given(_WAITS, _ENDS, _WAITS, _ENDS, st.integers(0, 3))
def test_where_one_error_answers_all_only_its_part_counts(
    waits: str, end: str, other_waits: str, other_end: str, seed: int
) -> None:
    together = parse(f"{waits} {end} on 5,33; {other_waits} {other_end} on 32")
    for code, alone in ((5, f"{waits} {end} on 5"), (32, f"{other_waits} {other_end} on 32")):
        expected = schedule(parse(alone).strategy("it"), code=code, seed=seed)
        assert schedule(together.strategy("it"), code=code, seed=seed) == expected
        assert schedule(together.after(code).strategy("it"), code=code, seed=seed) == expected


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_prediction_is_that_of_the_part_that_answers_the_hold(shape: object) -> None:
    both = parse("10ms x2 for 1s on 5,33; 100ms jitter x0..1 40 retries on 32")
    shape = next(each for each in SHAPES if each is shape)
    cases, _ = hold_cases(shipped_profiles(), shape)
    single = [case for case in cases if len(case.active_holds) == 1]
    assert {code for case in single for code in [5, 32] if case.code == code} == {5, 32}
    for case in single:
        predictions = (predict(both, case), predict(both.after(case.code or 0), case))
        # as tuples, which take one nan for equal to itself; since Python 3.13 data classes do not
        assert astuple(predictions[0]) == astuple(predictions[1])
