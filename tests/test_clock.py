"""Clocks: the virtual one is exact, and both are what a persist loop needs."""

from __future__ import annotations

from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import NS_PER_MS, NS_PER_S, NS_PER_US, REAL_CLOCK, Clock, VirtualClock, to_ns

_seconds = st.floats(0, 3600)


def test_a_hundred_waits_of_a_tenth_of_a_second_end_at_ten_seconds_exactly() -> None:
    clock = VirtualClock()
    for _ in range(100):
        clock.sleep(0.1)
    assert clock.now_ns() == 10 * NS_PER_S
    assert reduce(add, [0.1] * 100) < 10  # which is why the clock counts nanoseconds


def test_time_begins_at_zero_and_passes_only_when_told_to() -> None:
    clock = VirtualClock()
    assert [clock.now_ns() for _ in range(3)] == [0, 0, 0]


def test_time_may_begin_elsewhere() -> None:
    clock = VirtualClock(now_ns=5)
    clock.sleep(1e-9)
    assert clock.now_ns() == 6


@given(waits=st.lists(_seconds, max_size=50))
def test_waits_add_up_to_the_nanosecond(waits: list[float]) -> None:
    clock = VirtualClock()
    for wait in waits:
        clock.sleep(wait)
    assert clock.now_ns() == sum(map(to_ns, waits))


@given(waits=st.lists(_seconds, max_size=50))
def test_virtual_time_never_goes_back_by_itself(waits: list[float]) -> None:
    clock = VirtualClock()
    times = [clock.now_ns()]
    for wait in waits:
        clock.sleep(wait)
        times.append(clock.now_ns())
    assert times == sorted(times)


@given(steps=st.lists(st.integers(0, 10**12)))
def test_time_advances_by_whole_nanoseconds(steps: list[int]) -> None:
    clock = VirtualClock()
    for step in steps:
        clock.advance_ns(step)
    assert clock.now_ns() == sum(steps)


@given(moments=st.lists(st.integers(0, 10**12), min_size=1))
def test_an_event_queue_may_set_the_time_forward_and_back(moments: list[int]) -> None:
    clock = VirtualClock()
    for moment in moments:
        clock.set_ns(moment)
        assert clock.now_ns() == moment


def test_two_virtual_clocks_do_not_know_of_each_other() -> None:
    first, second = VirtualClock(), VirtualClock()
    first.sleep(1)
    assert second.now_ns() == 0


@pytest.mark.parametrize(
    ("seconds", "nanoseconds"),
    [(0, 0), (1e-9, 1), (1.4e-9, 1), (1.6e-9, 2), (1e-6, 1000), (0.1, 100_000_000), (1, 10**9)],
)
def test_seconds_become_the_nearest_nanosecond(seconds: float, nanoseconds: int) -> None:
    assert to_ns(seconds) == nanoseconds


@given(milliseconds=st.integers(0, 10**9))
def test_whole_milliseconds_are_exact_however_they_are_written(milliseconds: int) -> None:
    assert to_ns(milliseconds / 1000) == milliseconds * NS_PER_MS


def test_the_units_fit_each_other() -> None:
    assert NS_PER_S == 1000 * NS_PER_MS == 1_000_000 * NS_PER_US == 1_000_000_000


@pytest.mark.parametrize("clock", [VirtualClock(), REAL_CLOCK], ids=["virtual", "real"])
def test_both_clocks_do_what_a_persist_loop_asks_of_them(clock: Clock) -> None:
    before = clock.now_ns()
    clock.sleep(0)
    clock.sleep(0.001)
    assert isinstance(before, int)
    assert clock.now_ns() > before


def test_the_real_clock_never_goes_back() -> None:
    times = [REAL_CLOCK.now_ns() for _ in range(1000)]
    assert times == sorted(times)
