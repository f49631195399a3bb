"""Which policies are alike, and what makes the difference between two of them."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

from harness.strategy.explain import retries_code, retries_words
from harness.text import milliseconds
from harness.winerror import HOLD_CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.predict.candidates import Contender
    from harness.strategy.spec import Sentence

_TIMES_MS: Final = tuple(10 ** (step / 10) for step in range(56))
"""From 1 ms to 316 s, ten to a decade: the shortest wait and the longest budget of real policies."""
_SAME: Final = 0.05
"""Attempts and budgets that differ by less than 5 % are not worth a word."""


@dataclass(frozen=True, slots=True)
class Relative:
    """A policy, how far it is from another one, and what it does otherwise.

    `twins` are the names of others that try at the same times on the same errors.
    """

    contender: Contender
    distance: float
    differs: tuple[str, ...]
    twins: tuple[str, ...] = ()


def distance(one: Contender, other: Contender) -> float:
    """How unlike two policies are; 0 for the same attempts on the same errors.

    The sum of three parts. *Attempts*: the mean, over times from 1 ms to 316 s at equal steps of their
    logarithm, of how many attempts were made by then, as the difference of decimal logarithms. *Budget*:
    the difference of the decimal logarithms of the budgets (at least 1 ms). *Codes*: of 5, 32 and 33,
    those that only one retries, as a share of those that either does. So ten times the attempts all
    along, ten times the budget, and no code in common weigh the same. Policies with jitter stand here
    with the schedule whose budget is in the middle.
    """
    made, theirs = _attempts_made(one), _attempts_made(other)
    attempts = fmean(abs(a - b) for a, b in zip(made, theirs, strict=True))
    budget, their_budget = (
        math.log10(max(contender.times.typical.budget_ms, 1.0)) for contender in (one, other)
    )
    return attempts + abs(budget - their_budget) + _codes_apart(one, other)


def _attempts_made(contender: Contender) -> list[float]:
    """How many attempts were made by each of `_TIMES_MS`, as decimal logarithms."""
    starts = contender.times.typical.attempts_ms
    return [math.log10(bisect_right(starts, ms)) for ms in _TIMES_MS]


def _codes_apart(one: Contender, other: Contender) -> float:
    ours, theirs = _hold_codes(one.sentence), _hold_codes(other.sentence)
    return len(ours ^ theirs) / len(ours | theirs) if ours | theirs else 0.0


def _hold_codes(sentence: Sentence) -> set[int]:
    return {code for code in HOLD_CODES if retries_code(sentence, code)}


def relatives(of: Contender, among: Sequence[Contender], count: int = 4) -> list[Relative]:
    """The `count` nearest of `among`, nearest first, twins together."""
    ranked = sorted((distance(of, contender), place) for place, contender in enumerate(among))
    found: dict[tuple[object, ...], Relative] = {}
    for apart, place in ranked:
        contender = among[place]
        key = (contender.times.typical.attempts_ms, retries_words(contender.sentence))
        if key in found:
            first = found[key]
            found[key] = replace(first, twins=(*first.twins, contender.name))
        elif len(found) < count:
            found[key] = Relative(contender, apart, differences(of, contender))
    return list(found.values())


def differences(yours: Contender, theirs: Contender) -> tuple[str, ...]:
    """What `theirs` does otherwise than `yours`, in words; empty if nothing."""
    words = []
    codes = retries_words(theirs.sentence)
    if codes != retries_words(yours.sentence):
        words.append(f"retries {codes}")
    (attempts, budget), (our_attempts, our_budget) = (
        (contender.times.attempts.median, contender.times.budget_ms.median)
        for contender in (theirs, yours)
    )
    if _far(attempts, our_attempts):
        words.append(f"{attempts:,.0f} {'attempt' if attempts == 1 else 'attempts'}")
    if _far(budget, our_budget):
        words.append(f"budget {milliseconds(budget)}")
    longest = [_longest_wait(contender) for contender in (theirs, yours)]
    if _far(*longest) and attempts > 1:
        words.append(f"waits up to {milliseconds(longest[0])}")
    ours = _clauses(yours.sentence)
    words += [clause for clause in _clauses(theirs.sentence) if clause not in ours]
    if theirs.times.is_random != yours.times.is_random:
        words.append("with jitter" if theirs.times.is_random else "without jitter")
    return tuple(words)


def _far(one: float, other: float) -> bool:
    return abs(one - other) > _SAME * max(one, other)


def _longest_wait(contender: Contender) -> float:
    starts = contender.times.typical.attempts_ms
    return max((later - earlier for earlier, later in pairwise(starts)), default=0.0)


def _clauses(sentence: Sentence) -> list[str]:
    return ["trailing wait"] * sentence.trailing_wait + sentence.extras
