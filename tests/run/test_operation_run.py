"""The time of an install is when at least one of its operations was under way, counted once."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st

from harness.run.operation_run import OperationRun, time_under_way_ns

if TYPE_CHECKING:
    from harness.run.steps import Step

INTERVALS = st.lists(
    st.tuples(st.integers(0, 60), st.none() | st.integers(0, 20)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=8,
)


def operation(ready_ns: int, ended_ns: int | None) -> OperationRun:
    step = cast("Step", None)  # times ask nothing of it
    return OperationRun("entry/0-rename", "rename", step, ready_ns, ended_ns=ended_ns)


@given(INTERVALS)
def test_it_is_the_number_of_moments_that_lie_in_any_operation(
    intervals: list[tuple[int, int | None]],
) -> None:
    moments = {
        moment for closed, ended in intervals if ended is not None for moment in range(closed, ended)
    }
    assert time_under_way_ns([operation(*interval) for interval in intervals]) == len(moments)


@given(INTERVALS, st.randoms(use_true_random=False))
def test_the_order_of_operations_changes_nothing_and_the_operations_stay_as_they_are(
    intervals: list[tuple[int, int | None]], random: Random
) -> None:
    operations = [operation(*interval) for interval in intervals]
    before = time_under_way_ns(operations)
    random.shuffle(operations)
    shuffled = list(operations)
    assert time_under_way_ns(operations) == before
    assert operations == shuffled


def test_what_lies_between_operations_is_the_harness_own() -> None:
    assert time_under_way_ns([operation(10, 15), operation(40, 42)]) == 7


def test_operations_at_once_count_once() -> None:
    assert time_under_way_ns([operation(0, 100), operation(10, 20), operation(90, 110)]) == 110


def test_nothing_took_no_time() -> None:
    assert time_under_way_ns([]) == 0
