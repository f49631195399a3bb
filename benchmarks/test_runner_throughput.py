"""How fast trials go on the emulated platform, journal included, and what is the harness's own share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import harness
from harness.run.events import Event, LeftOut, Planned, TrialFinished
from harness.run.options import RunOptions
from harness.run.start import start
from harness.strategy.lookup import listed

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


TRIVIAL = """
schema = 2
title = "One small file"
about = "The least work a trial can be."
reports = ["https://github.com/astral-sh/uv/pull/10026"]
blocks = 4000
strategies = ["plain"]
profiles = ["none"]

[[payload]]
kind = "files"
name = "entry"
sizes = [1024]

[[operations]]
kind = "write-replace"
to = "cache/{file}"
"""
TRIALS = 4000


class TrialClock:
    """Takes the time from the plan of a run to its last trial."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case LeftOut():
                raise AssertionError(event.reason)
            case Planned():
                self.began = time.perf_counter()
            case TrialFinished():
                self.ended = time.perf_counter()


@pytest.mark.benchmark(group="trials")
def test_trivial_trials_per_second(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    file = tmp_path / "trivial.toml"
    file.write_text(TRIVIAL)
    scenario = harness.load_scenario(file)
    rates = []

    def run() -> None:
        clock = TrialClock()
        start([scenario], RunOptions(results=tmp_path / "results", seed=1, jobs=1), clock)
        rates.append(TRIALS / (clock.ended - clock.began))

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    benchmark.extra_info["trials_per_second"] = sorted(rates)[len(rates) // 2]
    print(f"\ntrivial trials per second (median of {len(rates)}): {sorted(rates)[len(rates) // 2]:,.0f}")


@pytest.mark.benchmark(group="own share")
def test_own_share_of_numpy_wheel(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """All but staging, persisting and verifying, from the first trial to the last."""
    shares = []

    def run() -> None:
        clock = TrialClock()
        scenario = harness.load_scenario("numpy-wheel")
        options = RunOptions(blocks=3, results=tmp_path / "results", seed=1, jobs=1)
        folder = start([scenario], options, clock)
        trials = harness.read_run(folder).trials
        accounted = sum(sum(trial.cost_us.model_dump().values()) for trial in trials) / 1e6
        shares.append(1 - accounted / (clock.ended - clock.began))

    benchmark.pedantic(run, rounds=3, warmup_rounds=0)
    benchmark.extra_info["own_share"] = sorted(shares)[1]
    print(f"\nown share of numpy-wheel (median of 3): {sorted(shares)[1]:.2%}")


@pytest.mark.benchmark(group="all catalogued strategies")
@pytest.mark.parametrize("jobs", [1, None])
def test_all_strategies_on_numpy_wheel(
    benchmark: BenchmarkFixture, tmp_path: Path, jobs: int | None
) -> None:
    """All catalogued strategies for rename, 100 blocks, by hard links; ``None``: on all cores."""
    views = listed((), operations=["rename"])
    names = [view.name for view in views if view.origin == "catalogue"]
    options = RunOptions(
        blocks=100,
        profiles=["dll-scan"],
        factors={"link_mode": ["hardlink"]},
        strategies=names,
        results=tmp_path / "results",
        seed=3,
        jobs=jobs,
    )
    scenario = harness.load_scenario("numpy-wheel")
    benchmark.pedantic(lambda: start([scenario], options, TrialClock()), rounds=1)
    benchmark.extra_info["trials"] = 100 * len(names)
