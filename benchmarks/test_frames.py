"""Measure the time and memory to load and summarise a million trials, each in a fresh process.

The journal is made from a real run (`make_journal`), and takes 1 GB of the temporary folder.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from make_journal import make

import harness

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

TRIALS = 1_000_000
LOAD_AND_SUMMARISE = """
import json, resource, sys, time
began = time.perf_counter()
from harness.frames import load
frames = load(sys.argv[1])
from harness.frames.variant_summaries import variant_summaries
found = variant_summaries(frames.trials)
seconds = time.perf_counter() - began
mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
cpu = time.process_time()
trials = sum(variant.trials for variants in found.values() for variant in variants)
print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": mib, "trials": trials}))
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="getrusage is of POSIX")


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("frames")
    scenario = harness.load_scenario("script-install")
    run = harness.run_scenarios(
        [scenario], blocks=50, platform="emulated", results=folder / "results", seed=1
    )
    make(run.folder, folder / "million", TRIALS)
    yield folder / "million"
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def parquet(million: Path) -> Path:
    to = million.with_name("parquet")
    # in a process of its own: the peak memory of a child starts at that of its parent
    command = [sys.executable, "-m", "harness", "export", str(million), "--to", str(to)]
    subprocess.run(command, check=True)  # noqa: S603
    return to


def measure(benchmark: BenchmarkFixture, path: Path, rounds: int) -> None:
    """Imports included, as they are part of what a user waits for."""
    found = []

    def run() -> None:
        command = [sys.executable, "-c", LOAD_AND_SUMMARISE, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        found.append(json.loads(done.stdout))

    benchmark.pedantic(run, rounds=rounds)
    assert {each["trials"] for each in found} == {TRIALS}
    seconds, cpu = (sorted(each[name] for each in found)[len(found) // 2] for name in ("seconds", "cpu"))
    peak = max(each["mib"] for each in found)
    benchmark.extra_info.update(seconds=seconds, cpu_seconds=cpu, peak_mib=peak)
    print(
        f"\n{TRIALS:,} trials: {seconds:.2f} s, {cpu:.2f} s of processor time (medians of {rounds}), "
        f"at most {peak:.0f} MiB"
    )


@pytest.mark.benchmark(group="a million trials")
def test_from_the_journal(benchmark: BenchmarkFixture, million: Path) -> None:
    measure(benchmark, million, rounds=3)


@pytest.mark.benchmark(group="a million trials")
def test_from_parquet(benchmark: BenchmarkFixture, parquet: Path) -> None:
    measure(benchmark, parquet, rounds=7)
