"""Run a fixed part of the study again, and compare trial by trial: they must be identical."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.study.collect import collect
from harness.study.definition import CASES, repeated_blocks
from harness.study.trials import COLUMNS, KEY

if TYPE_CHECKING:
    import pandas as pd

    from harness.run.events import EventHandler


def differing(
    trials: pd.DataFrame, blocks: int, *, cases: Path = CASES, on_event: EventHandler
) -> tuple[pd.DataFrame, int]:
    """Return the trials of the first blocks that are not the same now, and how many were compared."""
    first = repeated_blocks(blocks)
    with tempfile.TemporaryDirectory() as work:
        again = collect(Path(work), first, cases=cases, on_event=on_event, on_case=lambda _: None)
    before = trials[trials["block"] < first]
    both = before.merge(again, on=KEY, how="outer", suffixes=("", "_now"), indicator=True)
    same = both["_merge"] == "both"
    for name in COLUMNS[len(KEY) :]:
        same &= both[name] == both[f"{name}_now"]
    return both[~same], len(again)
