"""Which trials count, which are compared with each other, and how many independent ones they amount to.

Repetition is not evidence: what an emulated trial does follows from its draw, so the same draw and
variant is one observation, whichever runs it is in. In real time it is a repeated measurement of that
draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from harness.frames.definition import BLOCK, CASE, VARIANT
from harness.summary import statistics
from harness.summary.trial_row import NOT_COUNTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST: Final = np.iinfo(np.int64).max


def counted(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that count: none of a void block, none ended as harness-error, none that `repeats`.

    Any selection of whole blocks can be given, also one that was counted before.
    """
    keep = valid(trials)
    keep &= ~repeats(trials, keep)
    return trials if keep.all() else trials[keep]


def valid(trials: pd.DataFrame) -> NDArray[np.bool_]:
    """For each trial, whether it is of no void block and did not end as harness-error."""
    return (trials["outcome"] != NOT_COUNTED).to_numpy() & ~in_void_block(trials)


def repeats(trials: pd.DataFrame, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each trial, whether it is emulated and an earlier one has its case, variant and draw.

    Only trials `among` these repeat or are repeated.
    """
    found = np.zeros(len(trials), dtype=bool)
    if _of_one_run(trials):  # no block of a run is drawn twice
        return found
    rows = np.flatnonzero(among & (trials["platform"] == "emulated").to_numpy())
    first = np.unique(group_numbers(trials.iloc[rows], (*CASE, *VARIANT, "draw")), return_index=True)[1]
    found[rows] = True
    found[rows[first]] = False
    return found


def in_void_block(trials: pd.DataFrame) -> NDArray[np.bool_]:
    """For each trial, whether a trial of its block is void."""
    void = trials["void"].to_numpy()
    if not void.any():
        return np.zeros(len(trials), dtype=bool)
    blocks = group_numbers(trials, BLOCK)
    return np.isin(blocks, np.unique(blocks[void]))


def block_numbers(trials: pd.DataFrame) -> NDArray[np.int64]:
    """A number for each trial of a case, equal where trials are compared with each other.

    Emulated trials are compared by draw, whichever runs they are of. In real time, only within a block
    of a run, so that the machine was in the same state.
    """
    emulated = not trials.empty and str(trials["platform"].iloc[0]) == "emulated"
    return group_numbers(trials, ("scenario", "profile", "draw") if emulated else BLOCK)


def effective_number(draws: NDArray[np.int64]) -> float:
    """`harness.summary.statistics.effective_number` of trials with these draws."""
    return statistics.effective_number(np.unique(draws, return_counts=True)[1].tolist())


def draw_numbers(trials: pd.DataFrame) -> NDArray[np.int64]:
    """A number for each trial of a case, equal where the holds were drawn once for all of them."""
    return group_numbers(trials, ("draw",))


def group_numbers(trials: pd.DataFrame, keys: Sequence[str]) -> NDArray[np.int64]:
    """A number for each trial, equal where all `keys` are equal; the numbers sort as the keys do.

    `keys` are columns of categories or of whole numbers from 0.
    """
    numbers = np.zeros(len(trials), np.int64)
    width = 1
    for key in keys:
        column = trials[key]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        codes = (column.cat.codes if categorical else column).to_numpy(np.int64)
        size = int(codes.max(initial=0)) + 1
        if width * size > _MOST:
            numbers = pd.factorize(numbers, sort=True)[0]
            width = len(trials)
        numbers = numbers * size + codes
        width *= size
    return numbers


def _of_one_run(trials: pd.DataFrame) -> bool:
    runs = trials["run"].cat.codes.to_numpy()
    return not runs.size or bool(runs[0] == runs.min() == runs.max())
