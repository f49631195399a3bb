"""Analyses of runs: pure functions on the frames of `harness.frames.load`.

One case at a time::

    from harness import analysis

    frames = harness.frames.load("results/20260921T101500Z-1234")
    analysis.cases(frames)                                      # the cases that there are
    case = analysis.select(frames, scenario="script-install", profile="brief")
    case.caption                                                # for every table and plot
    analysis.failure_rates(case.trials)
    analysis.compare(case.trials, "plain")
"""

from harness.analysis.case_summary import summarise_case
from harness.analysis.censoring import Turnbull, turnbull
from harness.analysis.decompose import decomposition, mean_decomposition
from harness.analysis.grouping import one_case, variant_of
from harness.analysis.hold_distribution import Unreleased, hold_time_distribution, unreleased
from harness.analysis.hold_families import hold_time_families
from harness.analysis.observed_holds import HoldTimes, hold_times
from harness.analysis.paired import compare
from harness.analysis.performance_profile import performance_profiles
from harness.analysis.rates import failure_rates
from harness.analysis.selection import Case, cases, select, select_setting
from harness.analysis.times import persist_times, time_distributions
from harness.frames.observations import counted

__all__ = [
    "Case",
    "HoldTimes",
    "Turnbull",
    "Unreleased",
    "cases",
    "compare",
    "counted",
    "decomposition",
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
