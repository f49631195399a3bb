"""Several holds at once: by hand, and against each alone."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from predict_lab import CITED, FOREVER, UNIFORM, durations, hold, listed, predicted, times

from harness.predict.shapes import FILE


def test_several_holds_must_all_be_over() -> None:
    """The longer of two even holds of 0 to 100 ms ends by t with chance (t/100)^2."""
    found = predicted("50ms 1 retry", hold(UNIFORM), hold(UNIFORM))
    assert found.success_rate == pytest.approx(0.25)
    twice = predicted("50ms 2 retries", hold(UNIFORM, probability=0.5), hold(UNIFORM))
    assert twice.success_rate == pytest.approx(1)
    # at 50 ms: of the half with one hold 1/2 have arrived, of the half with two 1/4
    assert twice.mean_ms == pytest.approx(0.375 * 50 + 0.625 * 100)


def test_of_several_holds_each_must_be_retried_until_it_ends() -> None:
    """A file: 32 from the reader of the new one, then 5 from that of the old one."""
    new = hold({"distribution": "constant", "ms": 15.0})
    old = hold({"distribution": "constant", "ms": 35.0}, object="target", share="rwd")
    assert predicted("10ms 9 retries on 5,32", new, old, shape=FILE).mean_ms == 40
    assert predicted("10ms 9 retries on 32", new, old, shape=FILE).success_rate == 0
    assert predicted("10ms 9 retries on 5", new, old, shape=FILE).success_rate == 0
    assert predicted("20ms 9 retries on 32", new, replace_ms(old, 15), shape=FILE).success_rate == 1


def replace_ms(template: dict[str, Any], ms: float) -> dict[str, Any]:
    return {**template, "duration": {"of": {"distribution": "constant", "ms": ms}, **CITED}}


def test_a_hold_that_excludes_another_keeps_it_from_being_there() -> None:
    first = hold({"distribution": "constant", "ms": 5.0}, share="none")
    second = hold(FOREVER, share="rwd")
    assert predicted("10ms 1 retry", first, second).success_rate == 1


@settings(max_examples=30)
@given(times, durations, durations)
def test_the_success_rate_under_two_holds_is_the_product_of_those_under_each(
    waits: list[int], one: dict[str, Any], other: dict[str, Any]
) -> None:
    notation = listed(waits)
    both = predicted(notation, hold(one), hold(other)).success_rate
    alone = [predicted(notation, hold(duration)).success_rate for duration in (one, other)]
    assert both == pytest.approx(math.prod(alone))
