"""Make a journal of any length from a real run: its lines are repeated, with other times.

``python benchmarks/make_journal.py results/RUN FOLDER --trials 1000000``. Blocks get new numbers, all
times of a trial are multiplied by one random factor, and everything else is unchanged.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec

from harness.record.check_sum import sealed
from harness.record.journal import NAME
from harness.record.manifest import NAME as MANIFEST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trials", type=int, default=1_000_000)
    options = parser.parse_args()
    make(options.run, options.folder, options.trials)


def make(run: Path, folder: Path, trials: int) -> None:
    """Write a run of `trials` trials into a new `folder`."""
    folder.mkdir(parents=True)
    lines = (run / NAME).read_bytes().splitlines()
    manifest = json.loads((run / MANIFEST).read_bytes())
    manifest["run"] = folder.name
    for scenario in manifest["scenarios"]:
        scenario["blocks"] = scenario["blocks"] * -(-trials // len(lines))
    manifest.pop("check")
    (folder / MANIFEST).write_bytes(sealed(json.dumps(manifest).encode()))
    blocks = 1 + max(json.loads(line)["block"] for line in lines)
    with (folder / NAME).open("wb") as file:
        for line, stretch, more in _varied(lines, trials, blocks):
            trial = msgspec.json.decode(line)
            _stretch(trial, stretch)
            trial["block"] += more
            trial["trial_id"] += f"+{more}"
            trial["run"] = folder.name
            trial.pop("check")
            file.write(sealed(msgspec.json.encode(trial)) + b"\n")


def _varied(lines: list[bytes], trials: int, blocks: int) -> Iterator[tuple[bytes, float, int]]:
    rng = random.Random(1)
    for number, line in zip(range(trials), cycle(lines), strict=False):
        yield line, rng.uniform(0.5, 2), number // len(lines) * blocks


def _stretch(trial: dict[str, Any], by: float) -> None:
    trial["elapsed_ms"] *= by
    for operation in trial["operations"]:
        for attempt in operation["attempts"]:
            attempt[:2] = [int(attempt[0] * by), int(attempt[1] * by)]
        for item in (operation, *operation["holds"]):
            item.update({key: int(item[key] * by) for key in item if key.endswith("_us") and item[key]})


if __name__ == "__main__":
    main()
