"""Decompose the time of a trial into work, waiting while the file was held, and overshoot.

After a blocked attempt a strategy waits. While the file is still held, no wait could have been shorter;
the time from the release to the next attempt is *overshoot*. Only receipts separate the two, so where
there are none (ambient runs), or where they do not explain a blocked attempt, the parts are unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.failure_runs import (
    KEY,
    explaining_holds,
    failure_runs,
    numbered_attempts,
    united,
)
from harness.analysis.grouping import variant_columns, variant_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.analysis.selection import Case

PARTS: Final = ("work_ms", "pause_ms", "held_ms", "overshoot_ms")
NO_RECEIPTS: Final = "nothing was injected: no receipts say when holds were released"
UNEXPLAINED: Final = "an attempt was blocked while no receipt shows a hold"


def decomposition(case: Case) -> pd.DataFrame:
    """Decompose the time of each trial of a case.

    Returns one row per trial, index `trial`: `run`, `block`, `variant`, `outcome`, `elapsed_ms`,
    `attempts`;

    - `operations_ms`: from ready to end of each operation, summed: `elapsed_ms`, unless operations ran
      at the same time. It is the sum of the parts:
    - `work_ms`: in calls of the primitive, and everything but waiting after a failure;
    - `pause_ms`: from ready to the first attempt, where the record lists it (else part of `work_ms`);
    - `held_ms`: waiting after a failed attempt, while a hold that blocked it was still there;
    - `overshoot_ms`: waiting after a failed attempt, when nothing blocked it any more;
    - `waited_ms`: both, known even where they cannot be separated: then both are NaN, and
    - `unknown` says why (text, empty where all is known).

    In a trial that failed (`outcome`) all of it was in vain.
    """
    attempts = numbered_attempts(case)
    operations = case.operations.set_index(KEY)[["ready_ms", "ended_ms", "calls"]]
    waits = _waits(attempts, operations)
    held, unexplained = _held(waits, attempts, case)
    trials = case.trials[["run", "block", "outcome", "elapsed_ms", "attempts"]].copy()
    trials.insert(2, "variant", variant_of(case.trials))
    index = trials.index

    def per_trial(values: pd.Series[float]) -> pd.Series[float]:
        return values.groupby(level="trial").sum().reindex(index, fill_value=0.0)

    trials["operations_ms"] = per_trial(operations["ended_ms"] - operations["ready_ms"])
    trials["pause_ms"] = per_trial(_pauses(attempts, operations))
    trials["waited_ms"] = per_trial(waits.set_index("trial")["wait_ms"])
    trials["held_ms"] = per_trial(held)
    unknown = (trials["waited_ms"] > 0) & index.isin(unexplained)
    reason = NO_RECEIPTS if case.holds.empty else UNEXPLAINED
    trials["unknown"] = np.where(unknown, reason, "").astype(object)
    trials.loc[unknown, "held_ms"] = np.nan
    trials["overshoot_ms"] = trials["waited_ms"] - trials["held_ms"]
    trials["work_ms"] = trials["operations_ms"] - trials["pause_ms"] - trials["waited_ms"]
    about = ["run", "block", "variant", "outcome", "elapsed_ms", "attempts"]
    return trials[[*about, "operations_ms", *PARTS, "waited_ms", "unknown"]]


def mean_decomposition(case: Case) -> pd.DataFrame:
    """Decompose the mean time of each variant's trials, succeeded and failed ones alike.

    Returns one row per variant, index `variant`: `strategy`, `factors`, `trials`, `attempts`,
    `operations_ms`, `work_ms`, `pause_ms`, `waited_ms` (means over all trials), `known` (trials whose
    waiting can be decomposed), `held_ms`, `overshoot_ms` (means over these; NaN without any), `unknown`
    (the reason for the others).
    """
    parts = decomposition(case)
    rows = variant_columns(case.trials, parts["variant"])
    groups = parts.groupby("variant", observed=False)
    rows["trials"] = groups.size()
    means = groups[["attempts", "operations_ms", "work_ms", "pause_ms", "waited_ms"]].mean()
    rows[list(means.columns)] = means
    rows["known"] = groups["held_ms"].count()
    for name in ("held_ms", "overshoot_ms"):
        rows[name] = groups[name].mean()
    rows["unknown"] = groups["unknown"].max().astype(object)  # one reason per case, or none
    return rows


def _pauses(attempts: pd.DataFrame, operations: pd.DataFrame) -> pd.Series[float]:
    """The time from ready to the first attempt of each operation, where all of its calls are listed."""
    groups = attempts.groupby(KEY)
    listed = groups.size().reindex(operations.index, fill_value=0) == operations["calls"]
    begun = groups["start_ms"].first().reindex(operations.index)
    return (begun - operations["ready_ms"]).where(listed, 0.0).fillna(0.0)


def _waits(attempts: pd.DataFrame, operations: pd.DataFrame) -> pd.DataFrame:
    """The times after failed attempts: `KEY`, `failure_run`, `from_ms`, `to_ms`, `wait_ms`."""
    last = (attempts[KEY] != attempts[KEY].shift(-1)).any(axis=1)
    ended = attempts[KEY].join(operations["ended_ms"], on=KEY)["ended_ms"]
    waits = attempts[[*KEY, "failure_run"]].assign(
        from_ms=attempts["end_ms"], to_ms=attempts["start_ms"].shift(-1).where(~last, ended)
    )
    waits = waits[attempts["failed"]].reset_index(drop=True)
    waits["wait_ms"] = (waits["to_ms"] - waits["from_ms"]).clip(lower=0.0)
    return waits


def _held(
    waits: pd.DataFrame, attempts: pd.DataFrame, case: Case
) -> tuple[pd.Series[float], NDArray[np.int64]]:
    """The part of each wait with a hold, and the trials that receipts do not explain."""
    found = failure_runs(attempts)
    explained = united(explaining_holds(found, case.holds), ["failure_run"])
    pairs = waits.merge(explained, on="failure_run")
    held_to = pairs[["to_ms", "released_ms"]].min(axis=1)
    held_from = pairs[["from_ms", "opened_ms"]].max(axis=1)
    pairs["held_ms"] = (held_to - held_from).clip(lower=0.0)
    spans = explained.groupby("failure_run").agg(
        opened=("opened_ms", "min"), released=("released_ms", "max")
    )
    spans = spans.reindex(found.index)
    known = (spans["opened"] <= found["first_end_ms"]) & (spans["released"] > found["last_ms"])
    unexplained = found.loc[~known, "trial"].to_numpy(np.int64)
    return pairs.set_index("trial")["held_ms"], unexplained
