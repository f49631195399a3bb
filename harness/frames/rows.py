"""The trials of data frames as the rows that summaries are computed from."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harness.frames.definition import BLOCK
from harness.frames.observations import block_numbers, draw_numbers, group_numbers
from harness.summary.trial_row import TrialRow

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = {
    "strategy": "strategy",
    "factors": "factors",
    "block": "",
    "draw": "",
    "outcome": "outcome",
    "elapsed_ms": "elapsed_ms",
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
    """One row per trial, in their order; `block` is for those of one case.

    Where nothing is injected no two trials have the same draw; then those of a block are one.
    """
    columns = {field: trials[name].tolist() for field, name in _COLUMNS.items() if name}
    ambient = (trials["freshness"] != "").to_numpy()
    own_blocks = -1 - group_numbers(trials, BLOCK)
    columns["block"] = block_numbers(trials).tolist()
    columns["draw"] = np.where(ambient, own_blocks, draw_numbers(trials)).tolist()
    ordered: list[list[Any]] = [columns[field] for field in TrialRow._fields]
    return list(starmap(TrialRow, zip(*ordered, strict=True)))
