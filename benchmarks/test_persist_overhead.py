"""What a strategy adds to a bare ``os.replace`` that succeeds at once, beside plain tenacity.

All in one group, so that one run compares them side by side. The aim: a strategy adds at most a tenth of
what a plain tenacity call adds, and at most a quarter with every attempt recorded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tenacity

from harness.clock import REAL_CLOCK
from harness.run.recorded_call import RecordedCall
from harness.strategy import get_strategy

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

Paths = tuple[str, str]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """One file that is renamed to itself: the cheapest rename there is."""
    file = tmp_path / "file"
    file.write_bytes(b"content")
    return str(file), str(file)


def bare(paths: Paths) -> Callable[[], Any]:
    return lambda: os.replace(*paths)


def strategy(paths: Paths) -> Callable[[], Any]:
    persist = get_strategy("exponential").persist
    return lambda: persist(os.replace, *paths)


def recorded(paths: Paths) -> Callable[[], Any]:
    """With start, end and code of each attempt, as the runner notes them."""
    persist = get_strategy("exponential").persist
    recorder = RecordedCall(REAL_CLOCK, "benchmark")

    def persist_recorded() -> None:
        recorder.attempts.clear()
        persist(lambda: recorder(lambda: os.replace(*paths)))

    return persist_recorded


def plain_tenacity(paths: Paths) -> Callable[[], Any]:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PermissionError),
        wait=tenacity.wait_exponential(multiplier=0.01),
        stop=tenacity.stop_after_attempt(11),
    )
    return lambda: retrying(os.replace, *paths)


@pytest.mark.benchmark(group="uncontended persist")
@pytest.mark.parametrize("make", [bare, strategy, recorded, plain_tenacity])
def test_uncontended_persist(
    benchmark: BenchmarkFixture, make: Callable[[Paths], Callable[[], Any]], paths: Paths
) -> None:
    benchmark.pedantic(make(paths), iterations=2000, rounds=100, warmup_rounds=5)
