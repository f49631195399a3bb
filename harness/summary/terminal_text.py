"""Text of a run on a terminal: on one line, so that it cannot pass for a line of the harness."""

from __future__ import annotations

from harness.summary.phrase import Command, Part
from harness.text import printable


def text_of(part: Part) -> str:
    """A part of a phrase as it is printed; a command in backticks."""
    if isinstance(part, str):
        return part
    text = one_line(part.text)
    return f"`{text}`" if isinstance(part, Command) else text


def one_line(text: str) -> str:
    """Text from the run without control characters and line ends."""
    return printable(text).replace("\n", " ")
