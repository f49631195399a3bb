"""Performance profiles: compare variants over many cases, a failure counting as never."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from harness.analysis.grouping import SETTING, one_case, variant_of
from harness.analysis.paired import times_by_block
from harness.analysis.paired_estimates import CLOCK_MS
from harness.errors import InvalidInputError
from harness.frames.definition import counted
from harness.text import counted as counted_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLUMNS: Final = ["variant", "ratio", "share", "problems", "cases"]


def performance_profiles(
    trials: pd.DataFrame, *, problem: Literal["block", "case"] = "block", quantile: float = 0.5
) -> pd.DataFrame:
    """The share of problems that each variant solves within a multiple of the fastest variant's time.

    `trials` of one platform, rules, antivirus state and freshness, of any number of scenarios and hold
    profiles (`selection.select_setting`). A problem is a block that all variants ran; or, with
    ``"case"``, a scenario under a profile, its time being the `quantile` over all trials. Either way
    each case weighs the same, a failure is never, and variants that were not run in every case are left
    out, since their problems would be others. (A variant is a strategy with its factors.)

    Method: Dolan and More, Mathematical Programming 91 (2002) 201-213. With more than two variants a
    performance profile says how often each is the fastest, but does not rank the others: that depends on
    which variants take part (Gould and Scott, ACM TOMS 43 (2016) 15).

    Returns one row per variant and step (RangeIndex), to draw as steps: `variant`, `ratio` (from 1 on),
    `share` (of problems persisted within `ratio` times the fastest time), `problems`, `cases` (int64).

    Raises `InvalidInputError` if platforms, rules, antivirus states or kinds of freshness are mixed, and
    if fewer than two variants were run in every case.
    """
    one_case(trials, SETTING)
    trials = counted(trials)
    if trials.empty:
        return pd.DataFrame(columns=_COLUMNS)
    tables: list[tuple[list[str], NDArray[np.float64]]] = []
    for _, part in trials.groupby(["scenario", "profile"], observed=True, sort=False):
        variant = variant_of(part)
        times = times_by_block(part, variant)
        tables.append((list(variant.cat.categories), times))
    common = [name for name in tables[0][0] if all(name in names for names, _ in tables)]
    if len(common) < _FEWEST:
        raise InvalidInputError(
            f"{counted_text(len(common), 'variant')} ran in all of these {len(tables)} cases; "
            "a performance profile compares two or more",
            hint="Choose scenarios that share strategies and factors.",
        )
    ratios, weights = [], []
    for names, measured in tables:
        times = measured[:, [names.index(name) for name in common]]
        times = times[~np.isnan(times).any(axis=1)]
        if problem == "case" and len(times):
            times = np.quantile(times, quantile, axis=0, method="inverted_cdf")[np.newaxis]
        ratios.append(_ratios(times))
        weights.append(np.full(len(times), 1 / max(len(times), 1)))
    table = _profiles(common, np.concatenate(ratios), np.concatenate(weights))
    return table.assign(problems=sum(map(len, ratios)), cases=len(tables))


_FEWEST: Final = 2


def _ratios(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each time over the least of its row; ``inf`` for never, also where all failed."""
    times = np.maximum(times, CLOCK_MS)
    best = times.min(axis=1, keepdims=True, initial=math.inf)
    ratios = np.full_like(times, math.inf)
    np.divide(times, best, out=ratios, where=np.isfinite(times))
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
