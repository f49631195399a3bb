"""The trials of data frames as the rows that summaries are computed from."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harness.frames.definition import BLOCK
from harness.frames.observations import group_numbers
from harness.summary.trial_row import TrialRow

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = {
    "strategy": "strategy",
    "factors": "factors",
    "draw": "",
    "outcome": "outcome",
    "elapsed_ms": "elapsed_ms",
    "waited_ms": "waited_ms",
    "attempts": "max_attempts",
    "calls": "calls",
    "held": "held",
    "left": "left",
    "leftover_files": "leftover_files",
    "leftover_bytes": "leftover_bytes",
    "rerun": "rerun_outcome",
}
"""The column of `Frames.trials` for each field of a row."""


def rows_of(trials: pd.DataFrame) -> list[TrialRow]:
    """One row per trial, in their order.

    Where nothing is injected no two trials have the same draw; then they are compared by block.
    """
    columns = {field: trials[name].tolist() for field, name in _COLUMNS.items() if name}
    ambient = (trials["freshness"] != "").to_numpy()
    blocks, draws = group_numbers(trials, BLOCK), group_numbers(trials, ("draw",))
    columns["draw"] = np.where(ambient, -1 - blocks, draws).tolist()
    ordered: list[list[Any]] = [columns[field] for field in TrialRow._fields]
    return list(starmap(TrialRow, zip(*ordered, strict=True)))
