"""Text of a run on a terminal: on one line, so that it cannot pass for a line of the harness."""

from __future__ import annotations

from harness.summary.phrase import Command, Part
from harness.text import one_line


def text_of(part: Part) -> str:
    """A part of a phrase as it is printed; a command in backticks."""
    if isinstance(part, str):
        return part
    text = one_line(part.text)
    return f"`{text}`" if isinstance(part, Command) else text
