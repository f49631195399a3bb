"""Analyses of runs: pure functions on the frames of `harness.frames.load`, each loaded when used.

One case at a time::

    from harness import analysis

    frames = harness.frames.load("results/20260921T101500Z-1234")
    analysis.cases(frames)                                      # what there is
    case = analysis.select(frames, scenario="script-install", profile="brief")
    case.caption                                                # belongs to every table and plot
    analysis.failure_rates(case.trials)
    analysis.compare(case.trials, "plain")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.analysis.censoring import Turnbull, turnbull
    from harness.analysis.decompose import decomposition, mean_decomposition
    from harness.analysis.grouping import counted, one_case, variant_of
    from harness.analysis.hold_times import (
        Unlocks,
        Unreleased,
        unlock_distribution,
        unlock_families,
        unlock_times,
        unreleased,
    )
    from harness.analysis.paired import Margins, compare
    from harness.analysis.profiles import performance_profiles
    from harness.analysis.rates import failure_rates, rate_words
    from harness.analysis.selection import Case, cases, select, select_setting
    from harness.analysis.times import failing_times, persist_times, time_distributions

__all__ = [
    "Case",
    "Margins",
    "Turnbull",
    "Unlocks",
    "Unreleased",
    "cases",
    "compare",
    "counted",
    "decomposition",
    "failing_times",
    "failure_rates",
    "mean_decomposition",
    "one_case",
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
    "variant_of",
]

_HOMES: Final = {
    "Case": "selection",
    "Margins": "paired",
    "Turnbull": "censoring",
    "Unlocks": "hold_times",
    "Unreleased": "hold_times",
    "variant_of": "grouping",
    "cases": "selection",
    "compare": "paired",
    "counted": "grouping",
    "decomposition": "decompose",
    "failing_times": "times",
    "failure_rates": "rates",
    "mean_decomposition": "decompose",
    "one_case": "grouping",
    "performance_profiles": "profiles",
    "persist_times": "times",
    "rate_words": "rates",
    "select": "selection",
    "select_setting": "selection",
    "time_distributions": "times",
    "turnbull": "censoring",
    "unlock_distribution": "hold_times",
    "unlock_families": "hold_times",
    "unlock_times": "hold_times",
    "unreleased": "hold_times",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
