"""The summary of a case of data frames, as the models that all tables and notes are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.observed_holds import hold_times
from harness.frames.definition import BLOCK
from harness.summary.ambient import BYTES
from harness.summary.model import AmbientHolds, CaseSummary
from harness.winerror import GONE

if TYPE_CHECKING:
    from harness.analysis.selection import Case


def summarise_case(case: Case) -> CaseSummary:
    """The summary of a case.

    Data frames do not have everything that records have: there are no reasons of void blocks, no details
    of harness errors, and no programs that held files.
    """
    key = case.key
    # a hold without a planned end was released: by the strategy's own failures
    ended_by_failures = case.holds["duration_ms"].isna() & case.holds["released_ms"].notna()
    return CaseSummary.model_validate(
        {
            **key,
            "evidence": case.evidence[key["profile"]],
            "profile_known": True,
            "comparable": not ended_by_failures.any(),
            "blocks": case.blocks,
            "void_blocks": case.void_blocks,
            "void_reasons": {},
            "blocks_without_holds": case.blocks - _blocks_hit(case),
            "failed_holds": _failed_holds(case),
            "harness_errors": case.harness_errors,
            "error_detail": None,
            "ambient": _ambient_holds(case) if case.is_ambient else None,
            "variants": case.variants,
        }
    )


def _blocks_hit(case: Case) -> int:
    """The number of blocks in which a hold was still there when an operation was ready."""
    ready = case.operations[["trial", "operation", "ready_ms"]]
    taken = case.holds[case.holds["opened_ms"].notna()].merge(ready, on=["trial", "operation"])
    hit = taken["released_ms"].isna() | (taken["released_ms"] > taken["ready_ms"])
    trials = case.trials[case.trials.index.isin(taken.loc[hit, "trial"])]
    return int(trials.groupby(list(BLOCK), observed=True).ngroups)


def _failed_holds(case: Case) -> dict[int, int]:
    """The number of holds that could not be taken, by Win32 code."""
    codes = case.holds[case.holds["opened_ms"].isna()]["error"].dropna()
    counts = codes[~codes.isin(GONE)].value_counts(sort=False)
    return {int(str(code)): int(count) for code, count in counts.items()}


def _ambient_holds(case: Case) -> AmbientHolds:
    times = hold_times(case).times
    ends = times["free_ms"][np.isfinite(times["free_ms"])]
    return AmbientHolds(
        payload=BYTES[case.key["freshness"]],
        trials=len(case.trials),
        hit=int(times["trial"].nunique()),
        longest_ms=float(times["low_ms"].max()) if len(times) else 0.0,
        released_by_ms=float(ends.max()) if len(ends) else None,
        unexplained=0,
        holders=[],
    )
