"""The other processes of a scenario: which holds they take in a trial, and what became of these.

They are drawn by (seed, situation, block), the process and the item, so every variant meets the same
ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_MS
from harness.holds.draw import HeldFile
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold
from harness.run.steps import InstallSite
from harness.scenario.other_processes import OtherProcess

PROCESS: Final = "process"
"""The object of holds that are another process's, in orders and records."""


@dataclass(frozen=True, slots=True)
class Openings:
    """What one process opens in a trial, in order: the `holds` that a platform is to schedule."""

    name: str
    place: str
    holds: Sequence[Hold]


def openings(
    processes: Iterable[OtherProcess], sites: Sequence[InstallSite], key: str
) -> Iterator[Openings]:
    """Yield what each process opens, for each item. `key` is that of all draws of the block."""
    for number, process in enumerate(processes):
        for site in sites:
            rng = random.Random(f"{key}/process-{number}/{site.item.name}")
            path, size = _object(process, site, rng)
            place = path.relative_to(site.root).as_posix()
            yield Openings(process.name, place, list(_holds(process, path, size, rng)))


def _object(process: OtherProcess, site: InstallSite, rng: random.Random) -> tuple[Path, int]:
    """Choose the file or the folder that a process opens; return its path and its size."""
    place, chance = site.target(process.at), rng.random()  # always drawn, see `harness.holds.draw`
    files: Sequence[HeldFile] = site.item.files
    if process.within == "a file" and site.item.is_tree:
        file = files[int(chance * len(files))]
        return place / file.path, file.size
    if process.within == "a folder" and (folders := sorted(set(site.item.folders_of_files) - {""})):
        return place / folders[int(chance * len(folders))], 0
    return place, max(file.size for file in files)


def _holds(process: OtherProcess, path: Path, size: int, rng: random.Random) -> Iterator[Hold]:
    manner = process.manner
    start_ms = process.starts.sample(rng) if process.starts else 0.0
    for _ in range(process.most):
        length_ms = process.lasts.sample(rng, size) if process.lasts else math.inf
        yield Hold(
            object=PROCESS,
            path=str(path),
            access=ACCESS_NAMES[manner.access],
            share=SHARE_NAMES[manner.share],
            starts_ns=round(start_ms * NS_PER_MS),
            duration_ns=None if math.isinf(length_ms) else round(length_ms * NS_PER_MS),
            section=manner.section,
        )
        if process.gap is not None:
            start_ms += length_ms + process.gap.sample(rng)
        elif process.every_ms is not None:
            start_ms += max(process.every_ms, length_ms)
