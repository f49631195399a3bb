"""Sentences and cells that keep our own words apart from what a run brings along.

A run may come from a stranger: its names and reasons are shown, never obeyed. What that takes differs
between a terminal and Markdown, so whoever draws a phrase decides it, part by part.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """Text from the run: a name, a reason, a detail."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command to type, with names from the run in it."""

    text: str


Part = str | Value | Command
Phrase = tuple[Part, ...]


def listed(values: list[str], separator: str) -> Phrase:
    """Values of the run in a row, with our separator between them."""
    parts: list[Part] = []
    for value in values:
        parts += [separator, Value(value)]
    return tuple(parts[1:])
