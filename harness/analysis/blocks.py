"""Trials as a table of blocks by variants: what comparisons within blocks are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import InvalidInputError
from harness.frames.observations import block_numbers, draw_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Blocks:
    """The trials of variants, block by block.

    `times`: to persist in ms, blocks by variants; ``inf`` for a failure, NaN for a trial not run.
    `calls` of the primitive, in the same shape. `draw`: a number for each block, equal where the holds
    are those of one draw. `emulated`: whether calls take an assumed time.
    """

    times: NDArray[np.float64]
    calls: NDArray[np.float64]
    draw: NDArray[np.int64]
    emulated: bool

    def of(self, variants: Sequence[int]) -> Blocks:
        """The columns of these variants."""
        return Blocks(self.times[:, variants], self.calls[:, variants], self.draw, self.emulated)

    def where(self, kept: NDArray[np.bool_] | np.bool_) -> Blocks:
        """Some of the blocks."""
        return Blocks(self.times[kept], self.calls[kept], self.draw[kept], self.emulated)

    @property
    def ran(self) -> NDArray[np.bool_]:
        """Whether each variant ran in each block."""
        return ~np.isnan(self.times)

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Whether each variant ran and failed in each block."""
        return np.isinf(self.times)

    def same_within_ms(
        self, resolution_ms: float, more_calls: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The largest difference of time that is none, where one variant makes so many calls more.

        On a virtual clock `resolution_ms` is the time that a call is assumed to take: that it might take
        another one counts once for each of those calls.
        """
        each = np.maximum(more_calls, 1) if self.emulated else np.ones(more_calls.shape)
        return resolution_ms * each


def blocks_of(trials: pd.DataFrame, variant: pd.Series[str]) -> Blocks:
    """The blocks of trials that count; variants in the order of the categories of `variant`.

    `variant` as from `grouping.variant_of`. Raises `InvalidInputError` if a variant is in a block twice.
    """
    _, first, block = np.unique(block_numbers(trials), return_index=True, return_inverse=True)
    codes = variant.cat.codes.to_numpy()
    shape = (len(first), len(variant.cat.categories))
    place = np.ravel_multi_index((block, codes), shape) if len(trials) else block
    if np.unique(place).size < place.size:
        raise InvalidInputError(
            "a variant is more than once in the same block of the same run",
            hint="Was a run loaded twice? Load each run folder once.",
        )
    times, calls = np.full(shape, math.nan), np.full(shape, math.nan)
    failed = (trials["outcome"] != "ok").to_numpy(dtype=bool)
    times[block, codes] = np.where(failed, math.inf, trials["elapsed_ms"].to_numpy(dtype=np.float64))
    calls[block, codes] = trials["calls"].to_numpy(dtype=np.float64)
    emulated = not trials.empty and str(trials["platform"].iloc[0]) == "emulated"
    return Blocks(times, calls, draw_numbers(trials)[first], emulated)
