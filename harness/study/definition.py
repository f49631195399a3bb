"""What the study runs: a scenario file for each target shape and operation, a seed, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.predict.shapes import DIRECTORY, FILE, TargetShape

FOLDER: Final = Path(__file__).parents[2] / "results" / "study"
CASES: Final = FOLDER / "cases"
TRIALS: Final = FOLDER / "trials.parquet"
ABOUT: Final = FOLDER / "study.json"
SEED: Final = 2026
BLOCKS: Final = 200
REPEATED: Final = 0.01
"""The part of the blocks that is run again to check the data, at least one: the first ones."""

HELD_BYTES: Final = 1024
"""Size of the program in the directory that is renamed: some holds last as long as the file is large."""
SHAPES: Final[Mapping[str, TargetShape]] = {"rename-directory": DIRECTORY, "replace-file": FILE}
"""The cases that predictions are made for, with the target shape that stands for each."""


def case_names(folder: Path = CASES) -> list[str]:
    """Return the names of the cases, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def repeated_blocks(blocks: int) -> int:
    """Return how many of so many blocks are run again."""
    return max(round(REPEATED * blocks), 1)
