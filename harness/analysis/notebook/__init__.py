"""What the notebooks share: open runs, go through their cases, say, tabulate, choose.

All of it works on any run: one that is empty or has a single trial gives sentences, runs of several
platforms give sections of their own.
"""

from harness.analysis.notebook.display import say, show
from harness.analysis.notebook.findings import baseline_of, best_watch, sentences, verdict_sentences
from harness.analysis.notebook.known_strategies import (
    budget_sentences,
    margins_of,
    shipped_strategies,
    strategies_named,
    strategies_of,
)
from harness.analysis.notebook.notebook_tables import family_table, summary, verdict_table
from harness.analysis.notebook.sections import open_runs, sections, settings
from harness.analysis.notebook.widgets import choose, choose_schedules

__all__ = [
    "baseline_of",
    "best_watch",
    "budget_sentences",
    "choose",
    "choose_schedules",
    "family_table",
    "margins_of",
    "open_runs",
    "say",
    "sections",
    "sentences",
    "settings",
    "shipped_strategies",
    "show",
    "strategies_named",
    "strategies_of",
    "summary",
    "verdict_sentences",
    "verdict_table",
]
