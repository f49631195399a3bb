"""Compare the room that a run needs with what is free, before anything is fetched or laid down.

What is needed is a lower bound: a run that passes may still fill a disk, and one that is refused would.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.errors import StorageFullError
from harness.platform.base import Platform
from harness.run.workspace import nearest_folder, payload_bytes, work_parent
from harness.scenario.extent import trials_of
from harness.scenario.load import LoadedScenario
from harness.text import joined, size

LINE_BYTES: Final = 500
"""The journal has more for each trial; the shortest lines of the reference run have 770."""


def check_space(
    platform: Platform,
    scenarios: Sequence[LoadedScenario],
    results: Path,
    blocks: Sequence[int | None],
    written: int = 0,
) -> None:
    """Raise `StorageFullError` if a run cannot fit on this machine's disks.

    `blocks` as in `harness.scenario.extent.check_extent`; `written` bytes of the journal are there.
    """
    whole, largest = payload_bytes(scenarios)
    in_trial = largest if platform.is_real_time else 0  # elsewhere trials may link their files
    trials = sum(map(trials_of, scenarios, blocks))
    needs = [
        (work_parent(platform, scenarios), whole + in_trial, "payloads"),
        (nearest_folder(results), max(trials * LINE_BYTES - written, 0), "the journal"),
    ]
    named = (name for loaded in scenarios for name in loaded.scenario.factors.location or ())
    needs += [
        (platform.find_folder(name), in_trial, f"payloads in {name}") for name in dict.fromkeys(named)
    ]
    _compare(needs)


def _compare(needs: Sequence[tuple[Path, int, str]]) -> None:
    by_disk: dict[int, list[tuple[Path, int, str]]] = {}
    for each in needs:
        by_disk.setdefault(each[0].stat().st_dev, []).append(each)
    for same in by_disk.values():
        free, needed = shutil.disk_usage(same[0][0]).free, sum(count for _, count, _ in same)
        if needed > free:
            parts = joined([f"{size(count)} for {what} in {folder}" for folder, count, what in same])
            raise StorageFullError(
                f"the run needs at least {size(needed)}, and {size(free)} are free: {parts}",
                hint="Free some space, choose another temporary folder or --results, fewer --blocks, or "
                "smaller payloads.",
            )
