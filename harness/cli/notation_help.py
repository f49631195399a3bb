"""Strategy notation for a terminal: what ``harness predict --help`` adds to its options."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.cli.console import plain_table
from harness.strategy.notation_words import WORDS
from harness.strategy.variables import with_values

EXAMPLES = {
    "10ms x2 10 retries on 5": "uv's rename since 0.9.29",
    "0 +10ms cap 100ms for 60s while target is absent": "graceful-fs, and so npm",
    "1ms fibonacci jitter x0..1 26 retries on 5": "rustup",
    "0,1,10,20,40ms on 5,32": "Git for Windows",
    "10ms x2 cap 250ms for 30s on 5,32": "a strategy of your own",
}


def notation_help() -> RenderableType:
    """Return all words, in groups, and examples."""
    parts: list[RenderableType] = [
        Text("Strategy notation", style="bold"),
        Text(
            "Write how long to wait, then any clauses, in any order, each at most once. Durations need "
            "a unit (250us, 10ms, 5s, 2min); use commas only in lists."
        ),
    ]
    for group, words in WORDS.items():
        parts += [Text(), Text(group.capitalize(), style="bold"), _table(words)]
    parts += [Text(), Text("Examples", style="bold"), _table(EXAMPLES), Text()]
    return Group(*parts)


def from_environment(text: str) -> str:
    """Return notation that was typed with the values of this process's environment variables."""
    return with_values(text, os.environ)


def _table(rows: Mapping[str, str]) -> Table:
    table = plain_table(show_header=False, padding=(0, 2, 0, 2))
    table.add_column(style="cyan", max_width=50)
    table.add_column()
    for word, meaning in rows.items():
        table.add_row(word, meaning)
    return table
