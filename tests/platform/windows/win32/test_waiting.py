"""Events end waits, and timers are precise."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest
from win32_files_lab import (
    TICK_S,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.win32 import file_handles, waiting

INVALID_HANDLE = 6


@pytest.fixture
def timer() -> Iterator[waiting.Timer]:
    made = waiting.Timer()
    yield made
    made.close()


@pytest.mark.parametrize("seconds", [0.02, 0.06])
def test_a_timer_waits_as_long_as_it_was_asked(timer: waiting.Timer, seconds: float) -> None:
    began = time.perf_counter()
    assert timer.wait(seconds) is None
    assert time.perf_counter() - began >= seconds - (0.001 if timer.is_precise else TICK_S)


@pytest.mark.parametrize("seconds", [0, -600])
def test_a_wait_whose_time_is_over_ends(timer: waiting.Timer, seconds: float) -> None:
    assert timer.wait(seconds) is None


def test_an_event_that_is_set_ends_a_long_wait(timer: waiting.Timer) -> None:
    one, other = waiting.create_event(), waiting.create_event()
    setting = threading.Thread(target=waiting.set_event, args=(other,))
    setting.start()
    assert timer.wait(600, one, other) == 1
    assert waiting.wait_for(one, other) == 1
    waiting.set_event(one)
    assert timer.wait(600, one, other) == 0
    setting.join()
    file_handles.close(one)
    file_handles.close(other)


def test_a_timer_that_was_ended_early_waits_anew(timer: waiting.Timer) -> None:
    event = waiting.create_event(resets_itself=True)
    waiting.set_event(event)
    assert timer.wait(600, event) == 0  # much later than now: Wine mixes up a timer that just ends
    began = time.perf_counter()
    assert timer.wait(0.05, event) is None
    assert time.perf_counter() - began >= 0.05 - TICK_S
    file_handles.close(event)


@pytest.mark.parametrize(("resets_itself", "second"), [(True, None), (False, 0)])
def test_an_event_stays_set_unless_it_resets_itself(
    resets_itself: bool, second: int | None, timer: waiting.Timer
) -> None:
    event = waiting.create_event(resets_itself=resets_itself)
    assert timer.wait(0.001, event) is None
    waiting.set_event(event)
    assert timer.wait(600, event) == 0
    assert timer.wait(0.001, event) == second
    file_handles.close(event)


def test_waiting_for_a_handle_that_does_not_exist_is_an_error() -> None:
    assert refusal(waiting.wait_for, 0x7FFFFFF0).winerror == INVALID_HANDLE
