"""Measure how fast logs of Defender are read: 1 GB, as Windows 11 writes it, in at most 10 s.

A line with scan times stands among others as often as on the one machine of which it is known: once in
about 1,500 bytes of UTF-16. `HARNESS_LOG_MB` changes the size.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.observe.reading import read_logs

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

MEGABYTES = int(os.environ.get("HARNESS_LOG_MB", "1000"))
BLOCK = 2000
"""Lines with scan times that are made at once."""

pytestmark = pytest.mark.benchmark(group=f"a log of {MEGABYTES:,} MB")

OTHER = (
    "2026-09-07T06:05:24.539 [RTP] [Mini-filter] Unsuccessful scan status(#12): "
    "\\Device\\HarddiskVolume3\\Users\\x\\AppData\\Local\\y. Process: (null), Status: 0xc0000001\r\n"
)


def lines(rng: random.Random) -> str:
    """Lines with scan times of `BLOCK` processes among others."""
    made = []
    for _ in range(BLOCK):
        longest, count = rng.randint(0, 200), rng.randint(1, 5000)
        total = longest + rng.randint(0, min(longest * (count - 1), 8 * count))
        made.append(
            f"{OTHER * 3}2026-09-07T06:05:24.539 ProcessImageName: {rng.choice(('uv', 'node'))}.exe, "
            f"Pid: {rng.randint(1, 40_000)}, TotalTime: {total}, Count: {count}, MaxTime: {longest}, "
            "MaxTimeFile: \\Device\\HarddiskVolume3\\Users\\x\\AppData\\Local\\uv\\cache\\a.dll, "
            "EstimatedImpact: 37%\r\n"
        )
    return "".join(made)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("logs") / "MPLog-20260907-060524.log"
    rng = random.Random(1)
    with path.open("wb") as file:
        file.write(b"\xff\xfe")
        while file.tell() < MEGABYTES * 1_000_000:
            file.write(lines(rng).encode("utf-16-le"))
    return path


def test_read_a_log_of_defender(benchmark: BenchmarkFixture, log: Path) -> None:
    found = benchmark.pedantic(read_logs, ([log],), rounds=3)
    assert found.table.total > 0
