"""Failure runs: consecutive failed attempts of one operation, and the holds that explain them.

A failure run lasts up to the success that ends it, if one does. Hold times (`observed_holds`) and the
parts of waiting (`decompose`) are both read off failure runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.summary.ambient import BLOCKED_CODES

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case

KEY = ["trial", "operation"]


def numbered_attempts(case: Case) -> pd.DataFrame:
    """The attempts of a case in order, each with its failure run.

    Returns `Frames.attempts` (RangeIndex) with `failure_run` (int64, from 0 over all), `failed`,
    `blocked` (bool: failed with a code that holds cause, `BLOCKED_CODES`).
    """
    attempts = case.attempts.sort_values([*KEY, "attempt"], ignore_index=True)
    failed = attempts["winerror"].to_numpy() != 0
    first = (attempts[KEY] != attempts[KEY].shift()).any(axis=1).to_numpy()
    begins = first | ~np.r_[True, failed[:-1]][: failed.size]
    attempts["failure_run"] = np.cumsum(begins, dtype=np.int64) - 1
    attempts["failed"] = failed
    attempts["blocked"] = attempts["winerror"].isin(BLOCKED_CODES).to_numpy()
    return attempts


def failure_runs(attempts: pd.DataFrame) -> pd.DataFrame:
    """The failure runs with blocked attempts, from `numbered_attempts`.

    Returns one row per failure run, index `failure_run`: `trial`, `operation`, `blocked_attempts`
    (int64), `first_ms`, `first_end_ms` (start and end of the first blocked attempt), `last_ms` (start of
    the last one), `free_from_ms`, `free_ms` (start and end of the success that ends it; ``inf`` if none
    does).
    """
    blocked = attempts[attempts["blocked"]].groupby("failure_run")
    found = blocked.agg(
        trial=("trial", "first"),
        operation=("operation", "first"),
        blocked_attempts=("attempt", "size"),
        first_ms=("start_ms", "first"),
        first_end_ms=("end_ms", "first"),
        last_ms=("start_ms", "last"),
    )
    ended = attempts[~attempts["failed"]].set_index("failure_run")
    found["free_from_ms"] = ended["start_ms"].reindex(found.index).fillna(math.inf)
    found["free_ms"] = ended["end_ms"].reindex(found.index).fillna(math.inf)
    return found


def explaining_holds(found: pd.DataFrame, holds: pd.DataFrame) -> pd.DataFrame:
    """The holds that explain each of the `failure_runs`, according to their receipts.

    They were there at some time between the first blocked attempt and the success, but not all through
    the success: a hold that was there throughout does not block this call. Returns one row per failure
    run and hold (RangeIndex): `failure_run`, `opened_ms`, `released_ms` (``inf``: not released before
    the trial's end).
    """
    taken = holds.loc[holds["opened_ms"].notna(), [*KEY, "opened_ms", "released_ms"]]
    taken = taken.assign(released_ms=taken["released_ms"].fillna(math.inf))
    pairs = found.reset_index().merge(taken, on=KEY, how="inner")
    during = (pairs["opened_ms"] <= pairs["free_ms"]) & (pairs["released_ms"] > pairs["first_ms"])
    through = (pairs["opened_ms"] <= pairs["free_from_ms"]) & (pairs["released_ms"] > pairs["free_ms"])
    kept = pairs.loc[during & ~through, ["failure_run", "opened_ms", "released_ms"]]
    return kept.reset_index(drop=True)


def united(intervals: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The union of intervals (`opened_ms`, `released_ms`) of each value of `by`, as disjoint intervals.

    Returns one row per interval (RangeIndex), sorted: the columns `by`, `opened_ms`, `released_ms`.
    """
    ordered = intervals.sort_values([*by, "opened_ms"], ignore_index=True)
    ordered["reached"] = ordered.groupby(by)["released_ms"].cummax()
    before = ordered.groupby(by)["reached"].shift()
    begins = before.isna() | (ordered["opened_ms"] > before)
    parts = ordered.groupby(begins.cumsum())
    return parts.agg(dict.fromkeys([*by, "opened_ms"], "first") | {"released_ms": "max"}).reset_index(
        drop=True
    )
