"""Tables and text in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield the lines of a table; cells are Markdown, in which ``|`` is escaped here."""
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|") or " "


def escaped(text: str) -> str:
    """Return text as it stands, whatever Markdown makes of its characters."""
    return re.sub(r"([\\`*_<>\[\]{}&])", r"\\\1", text)
