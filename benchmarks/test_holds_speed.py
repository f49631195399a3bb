"""What holds for others' tests cost: a minute of retries on the virtual clock, and the plugin's import.

The aims: a strategy of 60 s is tested in at most 50 ms, with the hold and the clock, however it waits;
a session that uses nothing of the plugin spends at most 15 ms on it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import tenacity

from harness.strategy import get_strategy
from harness.testing import hold, virtual_time

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

HELD_MS: Final = 60_000
WAIT_S: Final = 0.5
Paths = tuple[str, str]


def with_sleep(paths: Paths) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            return os.replace(*paths)
        except PermissionError:
            time.sleep(WAIT_S)
    raise TimeoutError


def with_asyncio(paths: Paths) -> None:
    async def persist() -> None:
        while True:
            try:
                return os.replace(*paths)
            except PermissionError:
                await asyncio.sleep(WAIT_S)

    asyncio.run(persist())


def with_tenacity(paths: Paths) -> None:
    tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PermissionError),
        wait=tenacity.wait_fixed(WAIT_S),
        stop=tenacity.stop_after_delay(90),
    )(os.replace, *paths)


def with_notation(paths: Paths) -> None:
    get_strategy("500ms for 90s on 5").persist(os.replace, *paths)


@pytest.mark.benchmark(group="60 s of retries on the virtual clock")
@pytest.mark.parametrize("persist", [with_sleep, with_asyncio, with_tenacity, with_notation])
def test_a_minute_of_retries(
    benchmark: BenchmarkFixture, persist: Callable[[Paths], None], tmp_path: Path
) -> None:
    new, file = tmp_path / "new", tmp_path / "file"

    def setup() -> None:
        new.write_text("new")
        file.write_text("old")

    def test() -> int:
        with virtual_time(), hold(file, for_ms=HELD_MS) as one:
            persist((str(new), str(file)))
            return one.refused

    refused = benchmark.pedantic(test, setup=setup, rounds=20, warmup_rounds=2)
    assert refused == HELD_MS / 1000 / WAIT_S


IMPORT: Final = """
import time, pytest
began = time.perf_counter()
import harness.testing.pytest_plugin
print(time.perf_counter() - began)
"""


@pytest.mark.benchmark(group="the plugin of a session that does not use it")
def test_import_of_the_plugin(benchmark: BenchmarkFixture) -> None:
    """Beside pytest itself, which is there already; a process of its own each time."""
    seconds: list[float] = []

    def timer() -> float:
        return sum(seconds)

    def imported() -> None:
        told = subprocess.check_output([sys.executable, "-c", IMPORT])  # noqa: S603
        seconds.append(float(told))

    benchmark._timer = timer  # noqa: SLF001 - the time that the process has measured
    benchmark.pedantic(imported, rounds=15, warmup_rounds=2)
