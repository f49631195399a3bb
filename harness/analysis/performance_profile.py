"""Performance profiles: compare variants over many cases; failures count as infinite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from harness.analysis.blocks import Blocks, blocks_of
from harness.analysis.grouping import SETTING, one_case, variant_of
from harness.errors import InvalidInputError
from harness.frames.observations import counted
from harness.summary.paired_estimates import CLOCK_MS, ROUNDING_MS
from harness.text import counted as counted_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS: Final = ["variant", "ratio", "share", "blocks", "cases"]


def performance_profiles(trials: pd.DataFrame, *, resolution_ms: float = 0.0) -> pd.DataFrame:
    """The share of blocks that each variant solves within a multiple of the fastest variant's time.

    `trials` of one platform, rules, antivirus state and freshness, of any number of scenarios and hold
    profiles (`selection.select_setting`). Blocks are those that all variants ran. Each case weighs the
    same, a failure is never, and variants that were not run in every case are left out, since their
    blocks would be others. (A variant is a strategy with its factors.) Times that differ by up to
    `resolution_ms` are the same: who ties with the fastest is as fast.

    Method: Dolan and More, Mathematical Programming 91 (2002) 201-213. With more than two variants a
    performance profile says how often each is the fastest, but does not rank the others: that depends on
    which variants take part (Gould and Scott, ACM TOMS 43 (2016) 15).

    Returns one row per variant and step (RangeIndex), to draw as steps: `variant`, `ratio` (from 1 on),
    `share` (of blocks persisted within `ratio` times the fastest time), `blocks`, `cases` (int64).

    Raises `InvalidInputError` if platforms, rules, antivirus states or kinds of freshness are mixed, and
    if fewer than two variants were run in every case.
    """
    one_case(trials, SETTING)
    trials = counted(trials)
    if trials.empty:
        return pd.DataFrame(columns=_COLUMNS)
    tables: list[tuple[list[str], Blocks]] = []
    for _, part in trials.groupby(["scenario", "profile"], observed=True, sort=False):
        variant = variant_of(part)
        tables.append((list(variant.cat.categories), blocks_of(part, variant)))
    common = [name for name in tables[0][0] if all(name in names for names, _ in tables)]
    if len(common) < _FEWEST:
        raise InvalidInputError(
            f"{counted_text(len(common), 'variant')} ran in all of these {len(tables)} cases; "
            "a performance profile compares two or more",
            hint="Choose scenarios that share strategies and factors.",
        )
    ratios, weights = [], []
    for names, measured in tables:
        blocks = measured.of([names.index(name) for name in common])
        blocks = blocks.where(blocks.ran.all(axis=1))
        ratios.append(_ratios(blocks, resolution_ms))
        weights.append(np.full(len(blocks.times), 1 / max(len(blocks.times), 1)))
    table = _profiles(common, np.concatenate(ratios), np.concatenate(weights))
    return table.assign(blocks=sum(map(len, ratios)), cases=len(tables))


_FEWEST: Final = 2


def _ratios(blocks: Blocks, resolution_ms: float) -> NDArray[np.float64]:
    """Each time over the least of its block; ``inf`` for never, also where all failed."""
    times = np.maximum(blocks.times, CLOCK_MS)
    ratios = np.full_like(times, math.inf)
    if times.size:
        fastest = times.argmin(axis=1)[:, np.newaxis]
        best = np.take_along_axis(times, fastest, axis=1)
        more_calls = np.abs(blocks.calls - np.take_along_axis(blocks.calls, fastest, axis=1))
        solved = np.isfinite(times)
        np.divide(times, best, out=ratios, where=solved)
        with np.errstate(invalid="ignore"):  # never less never
            ties = times - best <= blocks.same_within_ms(resolution_ms, more_calls) + ROUNDING_MS
        ratios[ties & solved] = 1.0
    return ratios


def _profiles(
    variants: list[str], ratios: NDArray[np.float64], weights: NDArray[np.float64]
) -> pd.DataFrame:
    parts = []
    for variant, column in zip(variants, ratios.T, strict=True):
        at, step = np.unique(np.r_[1.0, column], return_inverse=True)
        gained = np.bincount(step, weights=np.r_[0.0, weights / weights.sum()])
        share = np.minimum(np.cumsum(gained), 1)
        solved = np.isfinite(at)
        parts.append(pd.DataFrame({"variant": variant, "ratio": at[solved], "share": share[solved]}))
    return pd.concat(parts, ignore_index=True)
