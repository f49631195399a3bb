"""Sentences and cells of tables that keep the project's own words apart from text of a run.

A run may come from a stranger: its names and reasons are shown, never obeyed. What that takes differs
between a terminal, Markdown and HTML, so each renderer escapes the parts of a phrase itself.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def listed(values: Iterable[str], separator: str = ", ") -> Phrase:
    """Values of the run in a row, with `separator` between them."""
    parts: list[Part] = []
    for value in values:
        parts += [separator, Value(value)]
    return tuple(parts[1:])


def case_name(scenario: str, profile: str) -> Phrase:
    """A case by its names: ``numpy-wheel under dll-scan``."""
    return (Value(scenario), " under ", Value(profile))


def plain(phrase: Phrase) -> str:
    """A phrase as plain text, for a renderer that escapes it as a whole."""
    return "".join(part if isinstance(part, str) else part.text for part in phrase)
