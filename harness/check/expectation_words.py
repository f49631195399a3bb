"""Expectations in words: ``always fails with 5, leaving the old one``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from harness.text import joined, milliseconds, percent

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
    "mixed": "a part, or a mixture of old and new",
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
    words += _time(expected) + _recovery(expected)
    if expected.factors:
        words += f" ({', '.join(f'{name}={value}' for name, value in expected.factors.items())})"
    return words


def _time(expected: Expectation) -> str:
    least, most = expected.takes_at_least_ms, expected.takes_at_most_ms
    if least is not None and most is not None:
        return f", taking {milliseconds(least)} to {milliseconds(most)}"
    if least is not None:
        return f", taking at least {milliseconds(least)}"
    return "" if most is None else f", taking at most {milliseconds(most)}"


def _recovery(expected: Expectation) -> str:
    if expected.recovers is None:
        return ""
    if expected.recovers == "never":
        return ", and fails when run again"
    first, last = expected.recovers_from_run, expected.recovers_by_run
    if first is not None and first == last:
        return f", and succeeds in run {first}"
    if first is not None and last is not None:
        return f", and succeeds in run {first} to {last}"
    if first is not None:
        return f", and succeeds in run {first} or later"
    return ", and succeeds when run again" if last is None else f", and succeeds by run {last}"


def _share(expected: Expectation) -> str:
    if expected.fails != "sometimes":
        return f"{expected.fails} fails"
    least, most = expected.at_least, expected.at_most
    if least is not None and most is not None:
        return f"fails in {percent(least)} to {percent(most)} %"
    if least is not None:
        return f"fails in at least {percent(least)} %"
    return f"fails in at most {percent(most or 0.0)} %"
