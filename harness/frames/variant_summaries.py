"""Summarise the trials of data frames, a million at once: the numpy way to the models of a summary.

`harness.summary.summarise` is the way from records. The definitions are those of `harness.summary`:
`rank` for quantiles, `VariantSummary` for rates and intervals.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from harness.frames.definition import CASE, VARIANT, group_numbers, in_void_block
from harness.summary.model import NOT_COUNTED, VariantSummary
from harness.summary.statistics import rank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Array = np.ndarray[tuple[int], np.dtype[Any]]

KEYS: Final = (*CASE, *VARIANT)
_SUMMED: Final = [
    "outcome",
    "elapsed_ms",
    "max_attempts",
    "calls",
    "leftover_files",
    "leftover_bytes",
    "rerun_outcome",
]
_BETWEEN_FACTORS: Final = re.compile(r", (?=[a-z_]+=)")


def variant_summaries(trials: pd.DataFrame) -> dict[tuple[str, ...], list[VariantSummary]]:
    """The variants of each case, by the values of `CASE`, in the order of the frame's categories.

    `trials` are whole blocks of `Frames.trials`.
    """
    found: dict[tuple[str, ...], list[VariantSummary]] = {}
    void = in_void_block(trials)
    summed = trials[_SUMMED]
    for key, rows in variants(trials):
        strategy, factors = key[len(CASE) :]
        summary = _summary(strategy, parsed_factors(factors), summed.iloc[rows], void[rows])
        found.setdefault(key[: len(CASE)], []).append(summary)
    return found


def variants(trials: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], Array]]:
    """The values of `KEYS` of each variant of each case, and the positions of its trials."""
    if trials.empty:
        return
    number, _ = pd.factorize(group_numbers(trials, KEYS), sort=True)
    ends = np.cumsum(np.bincount(number))
    for rows in np.split(np.argsort(number, kind="stable"), ends[:-1]):
        first = trials[list(KEYS)].iloc[rows[0]]
        yield tuple(map(str, first)), rows


def parsed_factors(text: str) -> dict[str, str]:
    """The factors of a variant: ``link_mode=copy, primitive=move`` as a dictionary."""
    parts = (part.partition("=") for part in _BETWEEN_FACTORS.split(text) if part)
    return {key: value for key, _, value in parts}


def _summary(
    strategy: str, factors: Mapping[str, str], trials: pd.DataFrame, void: Array
) -> VariantSummary:
    valid = trials[~void]
    counted = valid[(valid["outcome"] != NOT_COUNTED).to_numpy()]
    number = len(counted)
    failed = (counted["outcome"] != "ok").to_numpy()
    times = np.where(failed, math.inf, counted["elapsed_ms"])
    reruns = counted["rerun_outcome"][failed & (counted["rerun_outcome"] != "").to_numpy()]
    outcomes = counted["outcome"].value_counts()
    return VariantSummary(
        strategy=strategy,
        factors=dict(factors),
        trials=number,
        failures=int(failed.sum()),
        outcomes={str(outcome): int(count) for outcome, count in outcomes.items() if count},
        median_ms=_quantile(times, 0.5),
        p95_ms=_quantile(times, 0.95),
        failing_ms=math.fsum(counted["elapsed_ms"][failed]),
        mean_attempts=int(counted["max_attempts"].sum()) / number if number else math.nan,
        max_attempts=int(counted["max_attempts"].max()) if number else 0,
        mean_calls=int(counted["calls"].sum()) / number if number else math.nan,
        leftover_files=int(counted["leftover_files"].sum()),
        leftover_bytes=int(counted["leftover_bytes"].sum()),
        reruns=len(reruns),
        recovered=int((reruns == "ok").sum()),
        harness_errors=len(valid) - number,
        void=int(void.sum()),
    )


def _quantile(times: Array, share: float) -> float | None:
    if not times.size:
        return None
    place = rank(share, times.size) - 1
    return float(np.partition(times, place)[place])
