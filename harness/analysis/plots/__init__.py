"""Figures of analyses: pure functions from a case to a figure, all in one style.

`Drawing` is a matplotlib figure, to be changed as any other; notebooks and reports show its `svg`.
"""

from harness.analysis.plots.atlas_budgets import atlas_budgets
from harness.analysis.plots.by_hold_length import by_hold_length, success_by_hold_length
from harness.analysis.plots.failure_against_denial import failure_against_denial
from harness.analysis.plots.failure_against_time import failure_against_time
from harness.analysis.plots.hold_curve import hold_time_curve
from harness.analysis.plots.performance import performance
from harness.analysis.plots.rate_forest import failure_rates
from harness.analysis.plots.release_attempts import release_attempts
from harness.analysis.plots.schedule_figure import schedule_figure
from harness.analysis.plots.style import INK, Drawing, Look, looks
from harness.analysis.plots.time_spent import time_spent
from harness.analysis.plots.time_to_persist import time_to_persist
from harness.analysis.plots.timeline import trial_timeline, typical_trial
from harness.analysis.plots.two_runs import failure_rates_of_two

__all__ = [
    "INK",
    "Drawing",
    "Look",
    "atlas_budgets",
    "by_hold_length",
    "failure_against_denial",
    "failure_against_time",
    "failure_rates",
    "failure_rates_of_two",
    "hold_time_curve",
    "looks",
    "performance",
    "release_attempts",
    "schedule_figure",
    "success_by_hold_length",
    "time_spent",
    "time_to_persist",
    "trial_timeline",
    "typical_trial",
]
