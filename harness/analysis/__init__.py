"""Analyses of runs: pure functions on the frames of `harness.frames.load`, each loaded when used.

One case at a time::

    from harness import analysis

    frames = harness.frames.load("results/20260921T101500Z-1234")
    analysis.cases(frames)                                      # the cases that there are
    case = analysis.select(frames, scenario="script-install", profile="brief")
    case.caption                                                # for every table and plot
    analysis.failure_rates(case.trials)
    analysis.compare(case.trials, "plain")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.analysis.case_summary import summarise_case
    from harness.analysis.censoring import Turnbull, turnbull
    from harness.analysis.decompose import decomposition, mean_decomposition
    from harness.analysis.grouping import one_case, variant_of
    from harness.analysis.hold_distribution import Unreleased, hold_time_distribution, unreleased
    from harness.analysis.hold_families import hold_time_families
    from harness.analysis.observed_holds import HoldTimes, hold_times
    from harness.analysis.paired import Margins, compare
    from harness.analysis.performance_profile import performance_profiles
    from harness.analysis.rates import failure_rates
    from harness.analysis.selection import Case, cases, select, select_setting
    from harness.analysis.times import failing_times, persist_times, time_distributions
    from harness.frames.definition import counted

__all__ = [
    "Case",
    "HoldTimes",
    "Margins",
    "Turnbull",
    "Unreleased",
    "cases",
    "compare",
    "counted",
    "decomposition",
    "failing_times",
    "failure_rates",
    "hold_time_distribution",
    "hold_time_families",
    "hold_times",
    "mean_decomposition",
    "one_case",
    "performance_profiles",
    "persist_times",
    "select",
    "select_setting",
    "summarise_case",
    "time_distributions",
    "turnbull",
    "unreleased",
    "variant_of",
]

_HOMES: Final = {
    ".case_summary": ("summarise_case",),
    ".censoring": ("Turnbull", "turnbull"),
    ".decompose": ("decomposition", "mean_decomposition"),
    ".grouping": ("one_case", "variant_of"),
    ".hold_distribution": ("Unreleased", "hold_time_distribution", "unreleased"),
    ".hold_families": ("hold_time_families",),
    ".observed_holds": ("HoldTimes", "hold_times"),
    ".paired": ("Margins", "compare"),
    ".performance_profile": ("performance_profiles",),
    ".rates": ("failure_rates",),
    ".selection": ("Case", "cases", "select", "select_setting"),
    ".times": ("failing_times", "persist_times", "time_distributions"),
    "harness.frames.definition": ("counted",),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
