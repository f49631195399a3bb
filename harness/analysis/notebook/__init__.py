"""Functions that notebooks share: open runs, iterate over cases, show sentences, tables, widgets.

They work on any runs: an empty run or a single trial gives sentences, and each platform has sections of
its own.
"""

from harness.analysis.notebook.conclusions import (
    baseline_of,
    best_observed,
    case_answer,
    comparison_sentences,
)
from harness.analysis.notebook.display import head, say, show
from harness.analysis.notebook.known_strategies import (
    budget_sentences,
    shipped_strategies,
    strategies_named,
    strategies_of,
)
from harness.analysis.notebook.notebook_tables import comparison_table, family_table, summary_table
from harness.analysis.notebook.reproductions import (
    atlas_in,
    atlas_sentences,
    atlas_table,
    era_sentences,
    reproductions_in,
    with_eras,
    without_eras,
)
from harness.analysis.notebook.sections import answer, open_runs, sections, settings
from harness.analysis.notebook.widgets import choose, choose_schedules

__all__ = [
    "answer",
    "atlas_in",
    "atlas_sentences",
    "atlas_table",
    "baseline_of",
    "best_observed",
    "budget_sentences",
    "case_answer",
    "choose",
    "choose_schedules",
    "comparison_sentences",
    "comparison_table",
    "era_sentences",
    "family_table",
    "head",
    "open_runs",
    "reproductions_in",
    "say",
    "sections",
    "settings",
    "shipped_strategies",
    "show",
    "strategies_named",
    "strategies_of",
    "summary_table",
    "with_eras",
    "without_eras",
]
