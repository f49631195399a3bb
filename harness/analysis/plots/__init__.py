"""Figures of analyses: pure functions, a cell in and a figure out, all in one style.

`Drawing` is a matplotlib figure, so that whoever wants to can change it; its `svg` is what notebooks and
reports show.
"""

from harness.analysis.plots.gallery import schedule_gallery
from harness.analysis.plots.held import by_hold_length, hold_lengths
from harness.analysis.plots.profile import performance
from harness.analysis.plots.rates import failure_rates
from harness.analysis.plots.spent import time_spent
from harness.analysis.plots.style import INK, Drawing, Look, looks
from harness.analysis.plots.timeline import trial_timeline, typical_trial
from harness.analysis.plots.times import time_to_persist
from harness.analysis.plots.unlock import unlock_curve

__all__ = [
    "INK",
    "Drawing",
    "Look",
    "by_hold_length",
    "failure_rates",
    "hold_lengths",
    "looks",
    "performance",
    "schedule_gallery",
    "time_spent",
    "time_to_persist",
    "trial_timeline",
    "typical_trial",
    "unlock_curve",
]
