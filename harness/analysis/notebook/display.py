"""Show sentences and tables below a cell of a notebook. Text from runs is shown as text, not markup."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from IPython.display import HTML
from IPython.display import display as show_as

if TYPE_CHECKING:
    import pandas as pd


def say(*sentences: str) -> None:
    """Show each sentence as a paragraph."""
    _show_markup("".join(f"<p>{html.escape(each)}</p>" for each in sentences if each))


def say_exactly(text: str) -> None:
    """Show text as it is, in type of one width: what points at a place in it stays aligned."""
    _show_markup(f"<pre>{html.escape(text)}</pre>")


def head(text: str) -> None:
    """Show a heading of the third level."""
    _show_markup(f"<h3>{html.escape(text)}</h3>")


def show(table: pd.DataFrame) -> None:
    """Show a table, with its index if that has a name."""
    named = table.index.name is not None
    shown = table.reset_index() if named else table
    _show_markup(shown.to_html(index=False, border=0, na_rep="", escape=True))


def _show_markup(markup: str) -> None:
    show_as(HTML(markup))  # type: ignore[no-untyped-call]
