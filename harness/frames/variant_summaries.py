"""Summarise the trials of data frames, a million at once: the numpy way to the models of a summary.

`harness.summary.summarise` is the way from records. The definitions are those of `harness.summary`:
`rank` for quantiles, `VariantSummary` for rates and intervals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from harness.frames.definition import CASE, VARIANT, group_numbers, in_void_block
from harness.summary.model import NOT_COUNTED, VariantSummary
from harness.summary.statistics import rank

Array = np.ndarray[Any, np.dtype[Any]]

_NUMBERS: Final = ("elapsed_ms", "max_attempts", "calls", "leftover_files", "leftover_bytes")
_BETWEEN_FACTORS: Final = re.compile(r", (?=[a-z_]+=)")


def variant_summaries(trials: pd.DataFrame) -> dict[tuple[str, ...], list[VariantSummary]]:
    """The variants of each case, by the values of `CASE`, in the order of the frame's categories.

    `trials` are whole blocks of `Frames.trials`.
    """
    found: dict[tuple[str, ...], list[VariantSummary]] = {}
    void = in_void_block(trials)
    valid = ~void & (trials["outcome"] != NOT_COUNTED).to_numpy()
    columns = {name: trials[name].to_numpy() for name in _NUMBERS}
    columns["outcome"] = trials["outcome"].cat.codes.to_numpy()
    columns["failed"] = (trials["outcome"] != "ok").to_numpy()
    columns["rerun"] = (trials["rerun_outcome"] != "").to_numpy()
    columns["recovered"] = (trials["rerun_outcome"] == "ok").to_numpy()
    for rows in rows_by_variant(trials):
        first = trials[[*CASE, *VARIANT]].iloc[rows[0]]
        counted = rows[valid[rows]]
        in_void = int(void[rows].sum())
        summary = VariantSummary(
            strategy=str(first["strategy"]),
            factors=parsed_factors(str(first["factors"])),
            **_counts(
                {name: values[counted] for name, values in columns.items()},
                trials["outcome"].cat.categories,
            ),
            harness_errors=len(rows) - len(counted) - in_void,
            void=in_void,
        )
        found.setdefault(tuple(str(first[key]) for key in CASE), []).append(summary)
    return found


def rows_by_variant(trials: pd.DataFrame) -> Iterator[Array]:
    """The positions of the trials of each variant of each case."""
    if not trials.empty:
        number = pd.factorize(group_numbers(trials, (*CASE, *VARIANT)), sort=True)[0]
        ends = np.cumsum(np.bincount(number))
        narrow = number.astype(np.min_scalar_type(len(ends)))  # numpy sorts short numbers by radix
        yield from np.split(np.argsort(narrow, kind="stable"), ends[:-1])


def parsed_factors(text: str) -> dict[str, str]:
    """The factors of a variant: ``link_mode=copy, primitive=move`` as a dictionary."""
    parts = (part.partition("=") for part in _BETWEEN_FACTORS.split(text) if part)
    return {key: value for key, _, value in parts}


def _counts(trials: Mapping[str, Array], outcomes: Iterable[str]) -> dict[str, Any]:
    """Values of `VariantSummary` for trials that count; `outcomes` are the names of outcome codes."""
    failed, number = trials["failed"], len(trials["failed"])
    median, p95 = _quantiles(np.where(failed, math.inf, trials["elapsed_ms"]), 0.5, 0.95)
    ended = zip(outcomes, np.bincount(trials["outcome"], minlength=1).tolist(), strict=False)
    return {
        "trials": number,
        "failures": int(failed.sum()),
        "outcomes": {outcome: count for outcome, count in ended if count},
        "median_ms": median,
        "p95_ms": p95,
        "total_failing_ms": math.fsum(trials["elapsed_ms"][failed].tolist()),
        "mean_attempts": int(trials["max_attempts"].sum()) / number if number else math.nan,
        "max_attempts": int(trials["max_attempts"].max(initial=0)),
        "mean_calls": int(trials["calls"].sum()) / number if number else math.nan,
        "leftover_files": int(trials["leftover_files"].sum()),
        "leftover_bytes": int(trials["leftover_bytes"].sum()),
        "reruns": int((failed & trials["rerun"]).sum()),
        "recovered": int((failed & trials["recovered"]).sum()),
    }


def _quantiles(times: Array, *shares: float) -> list[float | None]:
    if not times.size:
        return [None] * len(shares)
    places = [rank(share, times.size) - 1 for share in shares]
    return np.partition(times, places)[places].tolist()  # type: ignore[no-any-return]
