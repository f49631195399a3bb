"""Run a fixed part of the study again, and compare trial by trial: they must be identical."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.study.collect import Tell, collect, parts_of
from harness.study.definition import case_files, repeated_blocks
from harness.study.trials import COLUMNS, KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def differing(
    trials: pd.DataFrame,
    blocks: int,
    *,
    files: Sequence[Path] | None = None,
    jobs: int | None = None,
    tell: Tell,
) -> tuple[pd.DataFrame, int]:
    """Return the trials that are not the same now, and how many were compared.

    Each is run by itself, also where the study shared it with another. `files` are the scenarios, by
    default all.
    """
    numbers = repeated_blocks(blocks)
    parts = parts_of(case_files() if files is None else files, numbers, shares=False)
    with tempfile.TemporaryDirectory() as work:
        again = collect(parts, Path(work), jobs=jobs, tell=tell)
    before = trials[trials["block"].isin(numbers)]
    both = before.merge(again, on=KEY, how="outer", suffixes=("", "_now"), indicator=True)
    same = both["_merge"] == "both"
    for name in COLUMNS[len(KEY) :]:
        same &= both[name] == both[f"{name}_now"]
    return both[~same], len(again)
