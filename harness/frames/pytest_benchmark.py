"""Write runs in the format of pytest-benchmark, for its ``compare``: a benchmark per variant of a case.

That format has times and no failures. So its times are those of the trials that succeeded, and
`extra_info` has the whole summary of the variant, failures included. A variant that never succeeded has
no times to compare, and is listed apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harness.frames.definition import CASE, Frames
from harness.frames.observations import counted
from harness.frames.variant_summaries import rows_by_variant, variant_summaries
from harness.summary.statistics import rank
from harness.text import printable

if TYPE_CHECKING:
    from harness.summary.model import VariantSummary

Array = np.ndarray[tuple[int], np.dtype[np.float64]]

MS_PER_S: Final = 1000


def write_pytest_benchmark(frames: Frames, path: Path) -> list[str]:
    """Write the file; return the names of the variants that never succeeded.

    Those are in the file too, as ``never_succeeded``. Times are in seconds, as in the format.
    """
    trials = counted(frames.trials)
    times_s = np.where(trials["outcome"] == "ok", trials["elapsed_ms"] / MS_PER_S, np.nan)
    summaries = variant_summaries(trials)
    in_order = ((case, each) for case, found in summaries.items() for each in found)
    benchmarks, never = [], []
    for (case, summary), rows in zip(in_order, rows_by_variant(trials), strict=True):
        benchmark = _head(case, summary)
        if summary.failures == summary.trials:
            never.append(benchmark)
        else:
            times = times_s[rows]
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


def _head(case: Sequence[str], summary: VariantSummary) -> dict[str, Any]:
    """The name of a benchmark; its group is the case, so that nothing is compared across platforms."""
    # names end up on a terminal, and a run may come from a stranger
    name = printable(summary.name)
    group = printable(_case_name(dict(zip(CASE, case, strict=True))))
    return {
        "group": group,
        "name": name,
        "fullname": f"{group}::{name}",
        "params": None,
        "param": None,
        "extra_info": {
            **dict(zip(CASE, case, strict=True)),
            **json.loads(summary.model_dump_json()),
        },
        "options": {},
    }


def _case_name(case: Mapping[str, str]) -> str:
    """A case as text: ``script-install under brief (windows, antivirus defender-active)``."""
    antivirus = "" if case["platform"] == "emulated" else f"antivirus {case['antivirus']}"
    rules = f"{case['rules']} rules" if case["rules"] else ""
    freshness = f"{case['freshness']} bytes" if case["freshness"] else ""
    setting = ", ".join(filter(None, (case["platform"], rules, freshness, antivirus)))
    return f"{case['scenario']} under {case['profile']} ({setting})"


def _stats(times: Array) -> dict[str, Any]:
    """The statistics of ``pytest_benchmark.stats.Stats``, but for its quartiles.

    They are values of `rank`, as in every other output, so that a median is the same in all of them.
    """
    ordered = np.sort(times)
    q1, median, q3 = (ordered[rank(share, len(ordered)) - 1] for share in (0.25, 0.5, 0.75))
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
