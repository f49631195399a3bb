"""Tables for people: the columns that matter, as text, rounded outward where they are intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis.case_summary import summarise_case
from harness.analysis.times import persist_times
from harness.summary.columns import TextTable, case_table
from harness.summary.phrase import plain
from harness.text import Rounding, counted, figures, milliseconds, points

if TYPE_CHECKING:
    from harness.analysis.selection import Case

_QUANTILES = {"median": 0.5, "95th pct.": 0.95}


def summary_table(case: Case) -> pd.DataFrame:
    """The table of a case, as in every other output, with intervals of the quantiles.

    Index `strategy`; all columns are text.
    """
    made = text_frame(case_table(summarise_case(case)))
    times = persist_times(case.trials, shares=list(_QUANTILES.values()))
    for column, share in _QUANTILES.items():
        with_interval = times[times["share"] == share].set_index("variant")["text"]
        names = pd.Series([variant.name for variant in case.variants], dtype=object)
        made[column] = names.map(with_interval).fillna(made[column])
    return made.set_index("strategy")


def text_frame(table: TextTable) -> pd.DataFrame:
    """A table as a data frame of text (RangeIndex)."""
    rows = [[plain((part,)) for part in row] for row in table.rows]
    return pd.DataFrame(rows, columns=[plain((head,)) for head in table.heads])


def comparison_table(compared: pd.DataFrame) -> pd.DataFrame:
    """The verdicts of `harness.analysis.compare`. Index `strategy`; all columns are text."""
    rows = [
        {
            "strategy": row["variant"],
            "failures": row["failures_verdict"],
            "difference (points)": _span(row, "difference", points, unknown="no trials"),
            "time": row["time_verdict"],
            "times as long": _span(row, "ratio", figures, unknown="no block where both succeeded"),
            "compared on": _compared_on(row),
            "would decide it": _needed(row["failures_blocks_needed"], row["time_blocks_needed"]),
        }
        for row in compared.reset_index().to_dict("records")
    ]
    columns = ["strategy", "failures", "difference (points)", "time", "times as long", "compared on"]
    return pd.DataFrame(rows, columns=[*columns, "would decide it"]).set_index("strategy")


def family_table(families: pd.DataFrame) -> pd.DataFrame:
    """The fits of `harness.analysis.hold_time_families`. Index `family`; all columns are text."""
    rows = [
        {
            "family": row["family"],
            "parameters (ms)": ", ".join(f"{k} = {figures(v)}" for k, v in row["parameters"].items()),
            "AIC above the best": f"{row['delta_aic']:.1f}",
            "median": milliseconds(row["median_ms"]),
            "95th percentile": milliseconds(row["p95_ms"]),
            "distance": f"{row['distance']:.3f}",
        }
        for row in families.reset_index().to_dict("records")
    ]
    return pd.DataFrame(rows).set_index("family")


def _span(
    row: Mapping[Any, Any], name: str, text: Callable[[float, Rounding], str], *, unknown: str
) -> str:
    """An estimate with its interval, as far as there is one."""
    value, low, high = (row[each] for each in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(value):
        return unknown
    if math.isinf(high):
        return f"{text(value, 'nearest')} (too few blocks for an interval)"
    return f"{text(value, 'nearest')} ({text(low, 'down')} to {text(high, 'up')})"


def _compared_on(row: Mapping[Any, Any]) -> str:
    """What the numbers of a comparison are of."""
    if row["paired"]:
        return f"{counted(row['blocks'], 'block')} ({row['time_blocks']:,} for time)"
    return f"{row['trials']:,} and {row['baseline_trials']:,} trials, independent"


def _needed(failures: float, time: float) -> str:
    """The numbers of blocks that would decide what is undecided, as far as any number would."""
    known = [
        f"{what}: {'no number of blocks' if math.isinf(number) else f'about {number:,.0f} blocks'}"
        for what, number in (("failures", failures), ("time", time))
        if not math.isnan(number)
    ]
    return "; ".join(known)
