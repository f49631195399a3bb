"""Measure the time to write and to read a journal of 300,000 trials, per trial.

Records are those of a real run, repeated under other blocks. `HARNESS_TRIALS` changes their number.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from make_journal import make

import harness
from harness.frames import load
from harness.record.journal import NAME, Journal
from harness.record.read import read_run

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

TRIALS = int(os.environ.get("HARNESS_TRIALS", "300000"))
ROUNDS = 5

pytestmark = pytest.mark.benchmark(group=f"a journal of {TRIALS:,} trials")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> harness.Run:
    scenario = harness.load_scenario("script-install")
    results = tmp_path_factory.mktemp("results")
    return harness.run_scenarios([scenario], blocks=50, platform="emulated", results=results, seed=1)


@pytest.fixture(scope="module")
def long(run: harness.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "long"
    make(run.folder, folder, TRIALS)
    return folder


def test_write(benchmark: BenchmarkFixture, run: harness.Run, tmp_path: Path) -> None:
    def write() -> None:
        (tmp_path / NAME).unlink(missing_ok=True)
        with Journal(tmp_path / NAME) as journal:
            for number in range(TRIALS):
                journal.append(run.trials[number % len(run.trials)])

    benchmark.pedantic(write, rounds=ROUNDS)


def test_load_frames(benchmark: BenchmarkFixture, long: Path) -> None:
    benchmark.pedantic(load, (long,), rounds=ROUNDS)
    assert len(load(long).trials) == TRIALS


def test_read_run(benchmark: BenchmarkFixture, long: Path) -> None:
    benchmark.pedantic(read_run, (long,), rounds=2)
