"""Stretches of failed attempts, and the holds whose receipts explain them.

A stretch is a row of failed attempts of one operation, up to the success that ends it, if any. Unlocking
(`unlock`) and the sense of waiting (`decompose`) are both read off stretches.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.summary.ambient import HELD_CODES

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case

KEY = ["trial", "operation"]


def numbered(case: Case) -> pd.DataFrame:
    """The attempts of a case in order, each with its stretch.

    Returns `Frames.attempts` (RangeIndex) with `stretch` (int64, from 0 over all), `failed`, `denied`
    (bool: failed with a code that holds cause, `HELD_CODES`).
    """
    attempts = case.attempts.sort_values([*KEY, "attempt"], ignore_index=True)
    failed = attempts["winerror"].to_numpy() != 0
    first = (attempts[KEY] != attempts[KEY].shift()).any(axis=1).to_numpy()
    begins = first | ~np.r_[True, failed[:-1]][: failed.size]
    attempts["stretch"] = np.cumsum(begins, dtype=np.int64) - 1
    attempts["failed"] = failed
    attempts["denied"] = attempts["winerror"].isin(HELD_CODES).to_numpy()
    return attempts


def stretches(attempts: pd.DataFrame) -> pd.DataFrame:
    """The stretches with denials, from `numbered` attempts.

    Returns one row a stretch, index `stretch`: `trial`, `operation`, `denials` (int64), `first_ms`,
    `first_end_ms` (start and end of the first denied attempt), `last_ms` (start of the last one),
    `free_from_ms`, `free_ms` (start and end of the success that ends it; ``inf`` if none does).
    """
    denied = attempts[attempts["denied"]].groupby("stretch")
    found = denied.agg(
        trial=("trial", "first"),
        operation=("operation", "first"),
        denials=("attempt", "size"),
        first_ms=("start_ms", "first"),
        first_end_ms=("end_ms", "first"),
        last_ms=("start_ms", "last"),
    )
    ended = attempts[~attempts["failed"]].set_index("stretch")
    found["free_from_ms"] = ended["start_ms"].reindex(found.index).fillna(math.inf)
    found["free_ms"] = ended["end_ms"].reindex(found.index).fillna(math.inf)
    return found


def blockers(found: pd.DataFrame, holds: pd.DataFrame) -> pd.DataFrame:
    """The holds that explain each of the `stretches`, as far as receipts show.

    They were there between the first denied attempt and the success, and not all through the success:
    what was there then is nothing that this call minds. Returns one row a stretch and hold (RangeIndex):
    `stretch`, `opened_ms`, `released_ms` (``inf``: not given back before the trial's end).
    """
    taken = holds.loc[holds["opened_ms"].notna(), [*KEY, "opened_ms", "released_ms"]]
    taken = taken.assign(released_ms=taken["released_ms"].fillna(math.inf))
    pairs = found.reset_index().merge(taken, on=KEY, how="inner")
    meets = (pairs["opened_ms"] <= pairs["free_ms"]) & (pairs["released_ms"] > pairs["first_ms"])
    through = (pairs["opened_ms"] <= pairs["free_from_ms"]) & (pairs["released_ms"] > pairs["free_ms"])
    kept = pairs.loc[meets & ~through, ["stretch", "opened_ms", "released_ms"]]
    return kept.reset_index(drop=True)


def united(intervals: pd.DataFrame) -> pd.DataFrame:
    """The union of intervals (`opened_ms`, `released_ms`) in each `stretch`, as disjoint intervals."""
    ordered = intervals.sort_values(["stretch", "opened_ms"], ignore_index=True)
    reached = ordered.groupby("stretch")["released_ms"].cummax()
    before = reached.groupby(ordered["stretch"]).shift()
    begins = before.isna() | (ordered["opened_ms"] > before)
    parts = ordered.groupby(begins.cumsum())
    return parts.agg(
        stretch=("stretch", "first"),
        opened_ms=("opened_ms", "first"),
        released_ms=("released_ms", "max"),
    ).reset_index(drop=True)
