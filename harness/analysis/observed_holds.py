"""Hold times as attempts show them: the time from which a blocked operation can succeed.

No attempt sees a hold end. One attempt was blocked, so the operation was held then; a later one
succeeded, so it was free by then. A hold time is therefore known as an interval (interval-censored), or
only as more than something (right-censored) where the strategy gave up. Both ends are starts of
attempts: without jitter a strategy tries at the same times in every trial, and if one end were that of a
call, neighbouring intervals would overlap by its length, and a maximum likelihood estimate would put all
mass into the overlap.

Holds that would never end show only as a bound, at the end of the longest observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.failure_runs import KEY, explaining_holds, failure_runs, numbered_attempts
from harness.analysis.grouping import variant_of
from harness.frames.observations import block_numbers, draw_numbers
from harness.text import counted as counted_text

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case

_MOMENTS: Final = {
    "first_ms": "first_ms",
    "low_ms": "last_ms",
    "high_ms": "free_from_ms",
    "free_ms": "free_ms",
    "true_ms": "released_ms",
}
"""The columns of `HoldTimes.times`, by the columns of failure runs that they come from."""
_COLUMNS: Final = [
    *KEY,
    "run",
    "block",
    "draw",
    "variant",
    "op_id",
    "kind",
    "outcome",
    "blocked_attempts",
    *_MOMENTS,
]


@dataclass(frozen=True)
class HoldTimes:
    """The holds on the operations of a case, as attempts show them.

    `times` has one row per operation that was blocked (RangeIndex): `trial`, `operation`, `run`,
    `block`, `draw`, `variant`, `op_id`, `kind`, `outcome` (of the operation), `blocked_attempts`,
    `first_ms`, `low_ms`, `high_ms`, `free_ms` and `true_ms`; all counted from when the operation was
    ready. Its hold ended after `low_ms`, the start of the last blocked attempt, and by `high_ms`, the
    start of the success after it (``inf``: none came), but for the length of that call: `free_ms` is its
    end. `first_ms` is the start of its first blocked attempt. `draw` is a number, the same for holds
    that were drawn together (where nothing is injected: of one block). `true_ms` is what receipts say:
    ``inf`` if the hold outlasted the trial, NaN if no receipt explains the blocked attempts.

    `operations` is the number of all operations; those that were not blocked were not held when they
    were tried, which says nothing about how long a hold lasts.
    """

    times: pd.DataFrame
    operations: int

    @property
    def sentence(self) -> str:
        """The numbers of operations, and the check against receipts where there are any."""
        times = self.times
        freed = int(np.isfinite(times["high_ms"]).sum())
        text = (
            f"{len(times):,} of {counted_text(self.operations, 'operation')} blocked: {freed:,} "
            f"succeeded in the end, {len(times) - freed:,} did not."
        )
        known = times[times["true_ms"].notna()]
        if known.empty:
            return text
        right = (known["low_ms"] < known["true_ms"]) & (known["true_ms"] <= known["free_ms"])
        return f"{text} Receipts agree with {int(right.sum()):,} of {len(known):,} of these."


def hold_times(case: Case) -> HoldTimes:
    """The hold times of the operations of a case; for those of one variant, of ``case.variant(…)``.

    They are of operations that were held at their first attempt, so analyse variants (or factors, such
    as ``pause_ms``) separately if their first attempts are not at the same time.
    """
    found = failure_runs(numbered_attempts(case))
    explained = explaining_holds(found, case.holds)
    found["released_ms"] = explained.groupby("failure_run")["released_ms"].max().reindex(found.index)
    per_operation = found.groupby(KEY)
    last = per_operation.tail(1).set_index(KEY)
    last["blocked_attempts"] = per_operation["blocked_attempts"].sum()
    last["first_ms"] = per_operation["first_ms"].first()
    operations = case.operations[[*KEY, "op_id", "kind", "outcome", "ready_ms"]]
    rows = operations.merge(last.reset_index(), on=KEY)
    together = block_numbers(case.trials) if case.is_ambient else draw_numbers(case.trials)
    about = case.trials[["run", "block"]].assign(draw=together, variant=variant_of(case.trials))
    rows = rows.join(about, on="trial")
    rows["blocked_attempts"] = rows["blocked_attempts"].astype(np.int64)
    moments = {name: rows[moment] - rows["ready_ms"] for name, moment in _MOMENTS.items()}
    return HoldTimes(rows.assign(**moments)[_COLUMNS], len(operations))
