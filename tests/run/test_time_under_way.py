"""The time of an install is when at least one of its operations was under way, counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st

from harness.run.trial import _Log, time_under_way_ns

if TYPE_CHECKING:
    from random import Random

    from harness.run.steps import Step

INTERVALS = st.lists(
    st.tuples(st.integers(0, 60), st.none() | st.integers(0, 20)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=8,
)


def log(ready_ns: int, ended_ns: int | None) -> _Log:
    step = cast("Step", None)  # times ask nothing of it
    return _Log("entry/0-rename", "rename", step, ready_ns, ended_ns=ended_ns)


@given(INTERVALS)
def test_it_is_the_number_of_moments_that_lie_in_any_operation(
    intervals: list[tuple[int, int | None]],
) -> None:
    moments = {
        moment for closed, ended in intervals if ended is not None for moment in range(closed, ended)
    }
    assert time_under_way_ns([log(*interval) for interval in intervals]) == len(moments)


@given(INTERVALS, st.randoms(use_true_random=False))
def test_the_order_of_operations_changes_nothing_and_the_logs_stay_as_they_are(
    intervals: list[tuple[int, int | None]], random: Random
) -> None:
    logs = [log(*interval) for interval in intervals]
    before = time_under_way_ns(logs)
    random.shuffle(logs)
    shuffled = list(logs)
    assert time_under_way_ns(logs) == before
    assert logs == shuffled


def test_what_lies_between_operations_is_the_harness_own() -> None:
    assert time_under_way_ns([log(10, 15), log(40, 42)]) == 7


def test_operations_at_once_count_once() -> None:
    assert time_under_way_ns([log(0, 100), log(10, 20), log(90, 110)]) == 110


def test_nothing_took_no_time() -> None:
    assert time_under_way_ns([]) == 0
