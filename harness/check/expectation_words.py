"""Expectations in words: ``always fails with 5, leaving the old one``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from harness.text import joined, percent

if TYPE_CHECKING:
    from harness.scenario.expect_model import Expectation, ExpectedLeft

LEFT_WORDS: Final[Mapping[ExpectedLeft, str]] = {
    "new": "the new content",
    "same": "what was there, which is the same",
    "old": "the old content",
    "other": "what was there, which is another",
    "in-place": "the old version in its place",
    "both": "the new version, and the old one beside it",
    "nothing": "nothing",
    "held": "what nobody can read",
    "incomplete": "an unfinished tree",
    "aside": "nothing, with the old version aside",
    "mixed-aside": "a mixture, with the old version aside",
    "mixed": "a mixture of old and new",
    "lost": "neither the old nor the new one",
}
"""What a failed trial leaves at the destination."""


def expectation_words(expected: Expectation) -> str:
    """Say what is expected of a strategy."""
    words = _share(expected)
    if expected.codes is not None:
        words += f" with {joined([*map(str, expected.codes)], ' or ')}"
    if expected.outcomes is not None:
        words += f" as {joined(expected.outcomes, ' or ')}"
    if expected.left is not None:
        words += f", leaving {joined([LEFT_WORDS[each] for each in expected.left], ' or ')}"
    if expected.factors:
        words += f" ({', '.join(f'{name}={value}' for name, value in expected.factors.items())})"
    return words


def _share(expected: Expectation) -> str:
    if expected.fails != "sometimes":
        return f"{expected.fails} fails"
    least, most = expected.at_least, expected.at_most
    if least is not None and most is not None:
        return f"fails in {percent(least)} to {percent(most)} %"
    if least is not None:
        return f"fails in at least {percent(least)} %"
    return f"fails in at most {percent(most or 0.0)} %"
