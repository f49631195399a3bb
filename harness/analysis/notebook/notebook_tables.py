"""Tables for people: the columns that matter, in words, rounded as far as they are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis.grouping import variant_of
from harness.analysis.plots.rate_forest import bare
from harness.analysis.rates import failure_rates
from harness.analysis.times import failing_times, persist_times
from harness.text import milliseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.analysis.selection import Case


def summary(case: Case) -> pd.DataFrame:
    """What came of each variant of a case. Index `strategy`; all columns are text."""
    rates = failure_rates(case.trials)
    times = persist_times(case.trials)
    failing = failing_times(case.trials)["mean_ms"]
    ends = case.trials.groupby([variant_of(case.trials), "outcome"], observed=True).size()
    rows = []
    for variant in rates.index:
        median, most = times.loc[times["variant"] == variant, "words"]
        rows.append(
            {
                "strategy": variant,
                "failed (95 % interval)": bare(str(rates.loc[variant, "words"])),
                "median": median,
                "95th percentile": most,
                "failing takes": "" if math.isnan(failing[variant]) else milliseconds(failing[variant]),
                "ended as": ", ".join(f"{outcome} {n:,}" for outcome, n in ends[variant].items()),
            }
        )
    return pd.DataFrame(rows).set_index("strategy")


def verdict_table(verdicts: pd.DataFrame) -> pd.DataFrame:
    """What `harness.analysis.compare` found. Index `strategy`; all columns are text."""
    rows = [
        {
            "strategy": row["variant"],
            "failures": row["failures_verdict"],
            "difference (points)": _span(
                row, "difference", "{:+.1f}", scale=100, unknown="no block in common"
            ),
            "time": row["time_verdict"] if row["time_blocks"] else "",
            "times as long": _span(row, "ratio", "{:.3g}", unknown="no block where both succeeded"),
            "blocks": f"{row['blocks']:,} ({row['time_blocks']:,} for time)",
            "would decide it": _needed(row["failures_blocks_needed"], row["time_blocks_needed"]),
        }
        for row in verdicts.reset_index().to_dict("records")
    ]
    columns = ["strategy", "failures", "difference (points)", "time", "times as long", "blocks"]
    return pd.DataFrame(rows, columns=[*columns, "would decide it"]).set_index("strategy")


def family_table(families: pd.DataFrame) -> pd.DataFrame:
    """What `harness.analysis.unlock_families` found. Index `family`; all columns are text."""
    rows = [
        {
            "family": row["family"],
            "parameters (ms)": ", ".join(f"{k} = {v:.4g}" for k, v in row["parameters"].items()),
            "AIC above the best": f"{row['delta_aic']:.1f}",
            "median": milliseconds(row["median_ms"]),
            "95th percentile": milliseconds(row["p95_ms"]),
            "distance": f"{row['distance']:.3f}",
        }
        for row in families.reset_index().to_dict("records")
    ]
    return pd.DataFrame(rows).set_index("family")


def _span(row: Mapping[Any, Any], name: str, form: str, *, unknown: str, scale: float = 1) -> str:
    """An estimate with its interval, as far as there is one."""
    value, low, high = (scale * row[each] for each in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(value):
        return unknown
    if math.isinf(high):
        return f"{form.format(value)} (too few blocks for an interval)"
    return f"{form.format(value)} ({form.format(low)} to {form.format(high)})"


def _needed(failures: float, time: float) -> str:
    """How many blocks would decide what is undecided; a difference as large as the margin never is."""
    known = [
        f"{what}: {'no number of blocks' if math.isinf(number) else f'about {number:,.0f} blocks'}"
        for what, number in (("failures", failures), ("time", time))
        if not math.isnan(number)
    ]
    return "; ".join(known)
