"""Runs in the format of pytest-benchmark, for its ``compare``: one benchmark a variant of a case.

That format knows times and no failures. So its times are those of the trials that succeeded, and beside
each stands in `extra_info` how many did not; a variant without any success is no benchmark, and listed.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from harness.frames.definition import CASE, group_numbers
from harness.frames.variant_summary import KEYS, variant_summary
from harness.text import printable

if TYPE_CHECKING:
    from pathlib import Path

    from harness.frames.definition import Frames

    Array = np.ndarray[tuple[int], np.dtype[np.float64]]

MS_PER_S: Final = 1000


def write_pytest_benchmark(frames: Frames, path: Path) -> list[str]:
    """Write the file; return the names of the variants that never succeeded, which are no benchmarks.

    Those are in the file too, as ``never_succeeded``. Times are in seconds, as in the format.
    """
    trials = frames.counted
    variant, _ = pd.factorize(group_numbers(trials, KEYS), sort=True)
    times_s = np.where(trials["outcome"] == "ok", trials["elapsed_ms"] / MS_PER_S, np.nan)
    benchmarks, never = [], []
    for number, row in enumerate(variant_summary(frames).to_dict("records")):
        times = times_s[variant == number]
        benchmark = _head(row, trials["outcome"][variant == number])
        if row["failures"] == row["trials"]:
            never.append(benchmark)
        else:
            benchmarks.append({**benchmark, "stats": _stats(times[~np.isnan(times)])})
    data = {
        "machine_info": {"platforms": sorted(frames.runs["platform"].astype(str).unique())},
        "commit_info": {},
        "benchmarks": benchmarks,
        "never_succeeded": never,
        "datetime": max(frames.runs["started"], default=""),
        "version": "5.0.0",
        "runs": frames.runs.astype(str).reset_index().to_dict("records"),
    }
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return [benchmark["fullname"] for benchmark in never]


def _head(row: dict[Any, Any], outcomes: pd.Series[str]) -> dict[str, Any]:
    """What a benchmark is of; its group is the case, so that nothing is compared across platforms."""
    factors = f" ({row['factors']})" if row["factors"] else ""
    # names end up on a terminal, and a run may come from a stranger
    name = printable(f"{row['strategy']}{factors}")
    group = printable(" ".join(str(row[key]) for key in CASE if row[key]))
    info = {
        key: value if not isinstance(value, float) or math.isfinite(value) else None
        for key, value in row.items()
    }
    counts = outcomes.value_counts()
    info["outcomes"] = {outcome: int(count) for outcome, count in counts.items() if count}
    return {
        "group": group,
        "name": name,
        "fullname": f"{group}::{name}",
        "params": None,
        "param": None,
        "extra_info": info,
        "options": {},
    }


def _stats(times: Array) -> dict[str, Any]:
    """The statistics of ``pytest_benchmark.stats.Stats``; its quartiles are those of Hazen."""
    ordered = np.sort(times)
    q1, median, q3 = np.quantile(ordered, [0.25, 0.5, 0.75], method="hazen")
    mean, total = ordered.mean(), ordered.sum()
    deviation = ordered.std(ddof=1) if len(ordered) > 1 else 0.0
    reach = 1.5 * (q3 - q1)
    within = ordered[(ordered >= q1 - reach) & (ordered <= q3 + reach)]
    far = int((abs(ordered - mean) > deviation).sum())
    numbers = {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": deviation,
        "median": median,
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "ld15iqr": within[0],
        "hd15iqr": within[-1],
        "ops": len(ordered) / total if total else 0.0,
        "total": total,
    }
    outside = len(ordered) - len(within)
    return {
        **{name: float(number) for name, number in numbers.items()},
        "rounds": len(ordered),
        "iterations": 1,
        "stddev_outliers": far,
        "iqr_outliers": outside,
        "outliers": f"{far};{outside}",
    }
