"""Evaluations against closed forms, and many at once against one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.holds.distributions import Exponential
from harness.tune import evaluate as module
from harness.tune.evaluate import evaluate, evaluate_many
from harness.tune.releases import Releases


@pytest.mark.parametrize("mean_ms", [0.5, 10.0, 300.0])
@pytest.mark.parametrize("gap_ms", [0.1, 10.0, 250.0])
@pytest.mark.parametrize("retries", [1, 7, 60])
def test_fixed_waits_on_exponential_holds_have_their_closed_form(
    mean_ms: float, gap_ms: float, retries: int
) -> None:
    """A hold that lasts does not age: in each gap, what ends waits equally long for the next attempt."""
    releases = Releases.of_distribution(Exponential(distribution="exponential", mean_ms=mean_ms))
    found = evaluate(gap_ms * np.arange(retries + 1), releases)
    within = -math.expm1(-gap_ms / mean_ms)
    mean_within = mean_ms - gap_ms * (1 - within) / within
    over = -math.expm1(-retries * gap_ms / mean_ms)
    assert found.failure == pytest.approx(math.exp(-retries * gap_ms / mean_ms), rel=1e-9, abs=1e-15)
    assert found.wait_ms == pytest.approx(over * (gap_ms - mean_within), rel=1e-9)
    assert found.attempts == pytest.approx(
        1 + math.fsum(math.exp(-number * gap_ms / mean_ms) for number in range(retries)), rel=1e-9
    )
    assert found.denied_ms == pytest.approx(retries * gap_ms)


def test_a_hold_is_over_at_the_very_time_of_its_end() -> None:
    found = evaluate(np.array([0.0, 0.1 + 0.2]), Releases.of_times([0.3]))
    assert (found.failure, found.wait_ms) == (0, 0)


def test_operations_that_are_not_held_wait_for_nothing() -> None:
    found = evaluate(np.array([0.0, 30.0]), Releases.of_times([0, 0, 0, 20]))
    assert found.wait_ms == pytest.approx(2.5)
    assert found.attempts == pytest.approx(1.25)


@given(
    st.lists(st.lists(st.floats(0, 100), max_size=6), min_size=1, max_size=20),
    st.lists(st.floats(0, 120), min_size=1, max_size=200),
    st.integers(1, 2),
)
def test_many_schedules_are_evaluated_as_each_of_them(
    waits: list[list[float]], ends: list[float], threads: int
) -> None:
    schedules = [np.cumsum([0.0, *each]) for each in waits]
    releases = Releases.of_times(ends)
    lengths = [len(each) for each in schedules]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", 7)
        many = evaluate_many(np.concatenate(schedules), lengths, releases, threads=threads)
    for place, attempts in enumerate(schedules):
        one = evaluate(attempts, releases)
        assert many.failure[place] == pytest.approx(one.failure, abs=1e-12)
        assert many.wait_ms[place] == pytest.approx(one.wait_ms, abs=1e-9)
        assert many.attempts[place] == pytest.approx(one.attempts)
        assert many.denied_ms[place] == one.denied_ms
