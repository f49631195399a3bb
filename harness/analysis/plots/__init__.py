"""Figures of analyses: pure functions, a case in and a figure out, all in one style.

`Drawing` is a matplotlib figure, so that whoever wants to can change it; its `svg` is what notebooks and
reports show.
"""

from harness.analysis.plots.by_hold_length import by_hold_length, hold_lengths
from harness.analysis.plots.hold_curve import unlock_curve
from harness.analysis.plots.performance import performance
from harness.analysis.plots.rate_forest import failure_rates
from harness.analysis.plots.schedule_figure import schedule_figure
from harness.analysis.plots.style import INK, Drawing, Look, looks
from harness.analysis.plots.time_spent import time_spent
from harness.analysis.plots.time_to_persist import time_to_persist
from harness.analysis.plots.timeline import trial_timeline, typical_trial

__all__ = [
    "INK",
    "Drawing",
    "Look",
    "by_hold_length",
    "failure_rates",
    "hold_lengths",
    "looks",
    "performance",
    "schedule_figure",
    "time_spent",
    "time_to_persist",
    "trial_timeline",
    "typical_trial",
    "unlock_curve",
]
