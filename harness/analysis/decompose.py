"""What the time of a trial went to: work, waiting that was needed, and waiting that was not.

After a denied attempt a strategy waits. While something still holds the file, no wait could have been
shorter; from the release to the next attempt, all of it is lost. Only receipts tell the two apart, so
where there are none (ambient runs) or they explain nothing, it says so instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.failure_runs import KEY, blockers, numbered, stretches, united
from harness.analysis.grouping import variant_columns, variant_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harness.analysis.selection import Case

PARTS: Final = ("work_ms", "pause_ms", "needed_ms", "wasted_ms")
NO_RECEIPTS: Final = "nothing was injected: no receipts tell when it was released"
UNEXPLAINED: Final = "an attempt was denied while no receipt shows a hold"


def decomposition(case: Case) -> pd.DataFrame:
    """What the time of each trial of a case went to.

    Returns one row a trial, index `trial`: `run`, `block`, `variant`, `outcome`, `elapsed_ms`,
    `attempts`;

    - `operations_ms`: from ready to end of each operation, summed: `elapsed_ms`, unless operations ran
      at the same time. It is the sum of the parts:
    - `work_ms`: in calls of the primitive, and whatever else the strategy did but wait after a failure;
    - `pause_ms`: from ready to the first attempt, where the record lists it (else part of `work_ms`);
    - `needed_ms`: waiting after an attempt failed, while something that denied it was still held;
    - `wasted_ms`: waiting after an attempt failed, with nothing in its way any more;
    - `waited_ms`: both, known even where they cannot be told apart: then both are NaN, and
    - `unknown` says why (text, empty where all is known).

    In a trial that failed all of it was in vain; `outcome` tells.
    """
    attempts = numbered(case)
    operations = case.operations.set_index(KEY)[["ready_ms", "ended_ms", "calls"]]
    waits = _waits(attempts, operations)
    needed, unexplained = _held(waits, attempts, case)
    trials = case.trials[["run", "block", "outcome", "elapsed_ms", "attempts"]].copy()
    trials.insert(2, "variant", variant_of(case.trials))
    index = trials.index

    def per_trial(values: pd.Series[float]) -> pd.Series[float]:
        return values.groupby(level="trial").sum().reindex(index, fill_value=0.0)

    trials["operations_ms"] = per_trial(operations["ended_ms"] - operations["ready_ms"])
    trials["pause_ms"] = per_trial(_pauses(attempts, operations))
    trials["waited_ms"] = per_trial(waits.set_index("trial")["wait_ms"])
    trials["needed_ms"] = per_trial(needed)
    unknown = (trials["waited_ms"] > 0) & index.isin(unexplained)
    reason = NO_RECEIPTS if case.holds.empty else UNEXPLAINED
    trials["unknown"] = np.where(unknown, reason, "").astype(object)
    trials.loc[unknown, "needed_ms"] = np.nan
    trials["wasted_ms"] = trials["waited_ms"] - trials["needed_ms"]
    trials["work_ms"] = trials["operations_ms"] - trials["pause_ms"] - trials["waited_ms"]
    about = ["run", "block", "variant", "outcome", "elapsed_ms", "attempts"]
    return trials[[*about, "operations_ms", *PARTS, "waited_ms", "unknown"]]


def mean_decomposition(case: Case) -> pd.DataFrame:
    """What the time of a variant's trials went to, on average, over succeeded and failed ones alike.

    Returns one row a variant, index `variant`: `strategy`, `factors`, `trials`, `attempts`,
    `operations_ms`, `work_ms`, `pause_ms`, `waited_ms` (means over all trials), `known` (trials whose
    waiting can be told apart), `needed_ms`, `wasted_ms` (means over these; NaN without any), `unknown`
    (why not of the others).
    """
    parts = decomposition(case)
    rows = variant_columns(case.trials, parts["variant"])
    groups = parts.groupby("variant", observed=False)
    rows["trials"] = groups.size()
    means = groups[["attempts", "operations_ms", "work_ms", "pause_ms", "waited_ms"]].mean()
    rows[list(means.columns)] = means
    rows["known"] = groups["needed_ms"].count()
    for name in ("needed_ms", "wasted_ms"):
        rows[name] = groups[name].mean()
    rows["unknown"] = groups["unknown"].max().astype(object)  # one reason a case, or none
    return rows


def _pauses(attempts: pd.DataFrame, operations: pd.DataFrame) -> pd.Series[float]:
    """How long each operation waited before its first attempt, where all of its calls are listed."""
    groups = attempts.groupby(KEY)
    listed = groups.size().reindex(operations.index, fill_value=0) == operations["calls"]
    begun = groups["start_ms"].first().reindex(operations.index)
    return (begun - operations["ready_ms"]).where(listed, 0.0).fillna(0.0)


def _waits(attempts: pd.DataFrame, operations: pd.DataFrame) -> pd.DataFrame:
    """The times after failed attempts: `KEY`, `stretch`, `from_ms`, `to_ms`, `wait_ms`."""
    last = (attempts[KEY] != attempts[KEY].shift(-1)).any(axis=1)
    ended = attempts[KEY].join(operations["ended_ms"], on=KEY)["ended_ms"]
    waits = attempts[[*KEY, "stretch"]].assign(
        from_ms=attempts["end_ms"], to_ms=attempts["start_ms"].shift(-1).where(~last, ended)
    )
    waits = waits[attempts["failed"]].reset_index(drop=True)
    waits["wait_ms"] = (waits["to_ms"] - waits["from_ms"]).clip(lower=0.0)
    return waits


def _held(
    waits: pd.DataFrame, attempts: pd.DataFrame, case: Case
) -> tuple[pd.Series[float], NDArray[np.int64]]:
    """How much of each wait something was held, and the trials that receipts do not explain."""
    found = stretches(attempts)
    blocked = united(blockers(found, case.holds))
    pairs = waits.merge(blocked, on="stretch")
    held_to = pairs[["to_ms", "released_ms"]].min(axis=1)
    held_from = pairs[["from_ms", "opened_ms"]].max(axis=1)
    pairs["held_ms"] = (held_to - held_from).clip(lower=0.0)
    needed = pairs.set_index("trial")["held_ms"]
    spans = blocked.groupby("stretch").agg(opened=("opened_ms", "min"), closed=("released_ms", "max"))
    spans = spans.reindex(found.index)
    explained = (spans["opened"] <= found["first_end_ms"]) & (spans["closed"] > found["last_ms"])
    return needed, found.loc[~explained, "trial"].to_numpy(np.int64)
