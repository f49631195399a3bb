"""Summarise the variants of data frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from harness.frames.definition import CASE, VARIANT
from harness.frames.observations import group_numbers, in_void_block, repeats, valid
from harness.frames.rows import rows_of
from harness.summary.model import VariantSummary
from harness.summary.tally import variant_summary

Array = np.ndarray[Any, np.dtype[Any]]

_BETWEEN_FACTORS: Final = re.compile(r", (?=[a-z_]+=)")


def variant_summaries(trials: pd.DataFrame) -> dict[tuple[str, ...], list[VariantSummary]]:
    """The variants of each case, by the values of `CASE`, in the order of the frame's categories.

    `trials` are whole blocks of `Frames.trials`.
    """
    found: dict[tuple[str, ...], list[VariantSummary]] = {}
    void, right = in_void_block(trials), valid(trials)
    again = repeats(trials, right)
    rows = rows_of(trials)
    for places in rows_by_variant(trials):
        first = trials[[*CASE, *VARIANT]].iloc[places[0]]
        counted = places[(right & ~again)[places]]
        in_void, repeated = int(void[places].sum()), int(again[places].sum())
        summary = variant_summary(
            [rows[place] for place in counted.tolist()],
            strategy=str(first["strategy"]),
            factors=parsed_factors(str(first["factors"])),
            harness_errors=len(places) - len(counted) - in_void - repeated,
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
