"""What the study runs: a scenario file for each target shape and operation, a seed, and how often."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "results" / "study"
CASES: Final = FOLDER / "cases"
TRIALS: Final = FOLDER / "trials.parquet"
ABOUT: Final = FOLDER / "study.json"
SEED: Final = 2026
BLOCKS: Final = 200
REPEATED_EVERY: Final = 100
"""Of so many blocks, one is run again to check the data: the last, which has most to share."""

HELD_BYTES: Final = 1024
"""Size of the program in the directory that is renamed: some holds last as long as the file is large."""


def case_files(folder: Path = CASES) -> list[Path]:
    """Return the scenario of each case, sorted by name."""
    return sorted(folder.glob("*.toml"))


def repeated_blocks(blocks: int) -> range:
    """Return the numbers of those among so many blocks that are run again: at least one."""
    every = min(blocks, REPEATED_EVERY)
    return range(every - 1, blocks, every)
