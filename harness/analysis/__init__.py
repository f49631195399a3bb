"""Analyses of runs: pure functions on the frames of `harness.results.load`, each loaded when used.

One cell at a time::

    from harness import analysis

    frames = harness.results.load("results/20260921T101500Z-1234")
    analysis.cells(frames)                                      # what there is
    cell = analysis.select(frames, scenario="script-install", profile="brief")
    cell.caption                                                # belongs to every table and plot
    analysis.failure_rates(cell.trials)
    analysis.compare(cell.trials, "plain")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.analysis.arms import arm_of, counted, one_cell
    from harness.analysis.censoring import Turnbull, turnbull
    from harness.analysis.decompose import decomposition, mean_decomposition
    from harness.analysis.paired import Margins, compare
    from harness.analysis.profiles import performance_profiles
    from harness.analysis.rates import failure_rates, rate_words
    from harness.analysis.selection import Cell, cells, select, select_setting
    from harness.analysis.times import failing_times, persist_times, time_distributions
    from harness.analysis.unlock import (
        Unlocks,
        Unreleased,
        unlock_distribution,
        unlock_families,
        unlock_times,
        unreleased,
    )

__all__ = [
    "Cell",
    "Margins",
    "Turnbull",
    "Unlocks",
    "Unreleased",
    "arm_of",
    "cells",
    "compare",
    "counted",
    "decomposition",
    "failing_times",
    "failure_rates",
    "mean_decomposition",
    "one_cell",
    "performance_profiles",
    "persist_times",
    "rate_words",
    "select",
    "select_setting",
    "time_distributions",
    "turnbull",
    "unlock_distribution",
    "unlock_families",
    "unlock_times",
    "unreleased",
]

_HOMES: Final = {
    "Cell": "selection",
    "Margins": "paired",
    "Turnbull": "censoring",
    "Unlocks": "unlock",
    "Unreleased": "unlock",
    "arm_of": "arms",
    "cells": "selection",
    "compare": "paired",
    "counted": "arms",
    "decomposition": "decompose",
    "failing_times": "times",
    "failure_rates": "rates",
    "mean_decomposition": "decompose",
    "one_cell": "arms",
    "performance_profiles": "profiles",
    "persist_times": "times",
    "rate_words": "rates",
    "select": "selection",
    "select_setting": "selection",
    "time_distributions": "times",
    "turnbull": "censoring",
    "unlock_distribution": "unlock",
    "unlock_families": "unlock",
    "unlock_times": "unlock",
    "unreleased": "unlock",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
