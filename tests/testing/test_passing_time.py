"""Virtual time: it passes by waiting, for all that wait, and is real again after it."""

from __future__ import annotations

import asyncio
import time
from time import sleep as sleep_bound_early

import pytest
import tenacity

import harness
from harness.testing import virtual_time
from harness.testing.passing_time import READS_OF_A_SPIN
from harness.winerror import win32_error


def test_waits_of_all_kinds_pass_at_once() -> None:
    with virtual_time():
        began, began_ns, date = time.monotonic(), time.perf_counter_ns(), time.time()
        time.sleep(60)
        sleep_bound_early(40)
        assert time.monotonic() - began == pytest.approx(100)
        assert time.perf_counter_ns() - began_ns == 100_000_000_000
        assert time.time() - date == pytest.approx(100)
    assert time.monotonic() < began + 60


def test_tenacity_waits_as_it_is_told() -> None:
    with virtual_time():
        began = time.monotonic()
        with pytest.raises(tenacity.RetryError) as raised:
            tenacity.Retrying(wait=tenacity.wait_fixed(7), stop=tenacity.stop_after_delay(30))(int, "x")
        assert raised.value.last_attempt.attempt_number == 6
        assert time.monotonic() - began == pytest.approx(35)


def test_strategies_of_this_package_wait_as_planned() -> None:
    attempts: list[float] = []

    def attempt() -> None:
        attempts.append(round(time.monotonic() - began, 3))
        raise win32_error(5, "file")

    strategy = harness.get_strategy("1s x2 for 30s on 5")
    with virtual_time():
        began = time.monotonic()
        with pytest.raises(PermissionError):
            strategy.persist(attempt)
    assert attempts[:4] == [0, 1, 3, 7]


def test_tasks_of_asyncio_wait_beside_each_other() -> None:
    done: list[tuple[str, float]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append((name, round(time.monotonic() - began, 3)))

    async def main() -> None:
        await asyncio.gather(wait("b", 9), wait("a", 5))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(50), timeout=20)

    with virtual_time():
        began = time.monotonic()
        asyncio.run(main())
        assert done == [("a", 5.0), ("b", 9.0)]
        assert time.monotonic() - began == pytest.approx(29)


def test_a_loop_that_only_looks_at_the_clock_ends() -> None:
    with virtual_time():
        deadline = time.monotonic() + 2
        looks = 0
        while time.monotonic() < deadline:
            looks += 1
        assert READS_OF_A_SPIN < looks < 2 * READS_OF_A_SPIN


def test_a_negative_wait_is_refused_as_ever() -> None:
    with virtual_time(), pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_within_it_another_one_is_the_same() -> None:
    with virtual_time() as clock, virtual_time() as inner:
        assert inner is clock
