"""Measure how fast schedules are evaluated, and the best of them is found.

``python -m pytest benchmarks/test_tune_speed.py`` prints the least, the median and the mean of each.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.tune.evaluate import evaluate, evaluate_many
from harness.tune.optimum import Optima, Optimum, optimum
from harness.tune.question import Limits, Prices
from harness.tune.releases import Releases

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

PRICES = Prices(attempt=1, failure=1000, denied=1e-3)
ANY = Limits(1.0, math.inf, None, 0.0)
"""No limits at all."""


def holds(number: int) -> Releases:
    return Releases.of_times(np.sort(np.random.default_rng(0).lognormal(3, 1, number)))


def test_a_schedule_of_600_attempts_on_ten_million_holds(benchmark: BenchmarkFixture) -> None:
    releases = holds(10_000_000)
    rng = np.random.default_rng(1)
    schedules = cycle([np.r_[0, np.sort(rng.lognormal(3, 1.2, 599))] for _ in range(500)])
    evaluate(next(schedules), releases)  # makes the table
    benchmark.pedantic(
        evaluate, setup=lambda: ((next(schedules), releases), {}), rounds=400, warmup_rounds=20
    )


def test_a_million_strategies_on_a_hundred_thousand_holds(benchmark: BenchmarkFixture) -> None:
    releases = holds(100_000)
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 40, 1_000_000)
    firsts = np.cumsum(lengths) - lengths
    waits = rng.exponential(5, int(lengths.sum()))
    waits[firsts] = 0
    times = np.cumsum(waits)
    times -= np.repeat(times[firsts], lengths)
    benchmark.pedantic(
        evaluate_many, (times, lengths, releases), {"threads": 2}, rounds=3, warmup_rounds=1
    )


@pytest.mark.parametrize("masses", [2_000, 100_000])
def test_the_best_schedule(benchmark: BenchmarkFixture, masses: int) -> None:
    benchmark(optimum, holds(masses), ANY, prices=PRICES)


@pytest.mark.parametrize("varied", ["failure", "attempt"])
def test_a_frontier_of_a_thousand_best_schedules(benchmark: BenchmarkFixture, varied: str) -> None:
    """The price of failure decides only where schedules end; that of an attempt, every step of them."""
    releases = holds(2_000)
    ends = {"failure": (1, 1e6), "attempt": (1e-3, 1e2)}[varied]
    prices = [replace(PRICES, **{varied: each}) for each in np.geomspace(*ends, 1000).tolist()]

    def frontier() -> list[Optimum]:
        optima = Optima(releases)
        return [optima.best(ANY, prices=each) for each in prices]

    benchmark.pedantic(frontier, rounds=5)
