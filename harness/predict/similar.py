"""Strategies that are alike, and how two of them differ."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

from harness.strategy.spec import PHRASES
from harness.text import counted, milliseconds
from harness.winerror import HOLD_CODES

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

_TIMES_MS: Final = tuple(10 ** (step / 10) for step in range(56))
"""From 1 ms to 316 s, ten to a decade: the shortest wait and the longest budget of real strategies."""
_HOLDS: Final = frozenset(HOLD_CODES)
_ONCE: Final = frozenset({"around", "method", "trailing_wait"})
"""What clauses of fixed words set that matters without a retry."""
_OTHER_CODES: Final = 0.1
"""The weight of codes that no hold causes."""
_SAME: Final = 0.05
"""Attempts and budgets that differ by less than 5 % are not worth mentioning."""


@dataclass(frozen=True, slots=True)
class SimilarStrategy:
    """A strategy that is like another one."""

    name: str
    """Its name."""
    notation: str | None
    """Its notation."""
    distance: float
    """How unlike the two are; 0 for what behaves the same under every hold."""
    differences: tuple[str, ...]
    """Differences, in words."""
    same_as: tuple[str, ...] = ()
    """Names of others that behave the same as it."""


def distance(one: StrategyView, other: StrategyView) -> float:
    """Return how unlike two strategies are; 0 for what behaves the same under every hold.

    The sum of four parts. *Attempts*: the mean, over times from 1 ms to 316 s at equal steps of their
    logarithm, of how many attempts were made by then, as the difference of decimal logarithms. *Budget*:
    the difference of the decimal logarithms of the budgets (at least 1 ms). *Codes*: of 5, 32 and 33,
    those that only one retries, as a share of those that either does; of all other codes, a tenth of
    that. *Around the call*: of clauses such as `moving target aside`, those that only one has, as a
    share of those that either has. So ten times the attempts all along, ten times the budget, no code in
    common, and nothing in common around the call weigh the same. A strategy with jitter is represented
    by a schedule near the median budget.
    """
    counts, others = _attempts_made(one), _attempts_made(other)
    attempts = fmean(abs(a - b) for a, b in zip(counts, others, strict=True))
    budget, other_budget = (math.log10(max(view.times.typical.budget_ms, 1.0)) for view in (one, other))
    codes = [[set(view.codes) & _HOLDS, set(view.codes) - _HOLDS] for view in (one, other)]
    held, rest = (_apart(*two) for two in zip(*codes, strict=True))
    around = _apart(_phrases(one), _phrases(other))
    return attempts + abs(budget - other_budget) + held + _OTHER_CODES * rest + around


def _attempts_made(view: StrategyView) -> list[float]:
    """Return how many attempts were made by each of `_TIMES_MS`, as decimal logarithms."""
    starts = view.times.typical.attempts_ms
    return [math.log10(bisect_right(starts, ms)) for ms in _TIMES_MS]


def _phrases(view: StrategyView) -> AbstractSet[str]:
    """Return the clauses of fixed words: what is done around the call, and where it is not retried."""
    phrases = view.spec.phrases if view.spec else ()
    more = [*view.spec.otherwise, *view.spec.after_errors] if view.spec else ()
    around = {words for words in phrases if view.times.retries or PHRASES[words].field in _ONCE}
    return around | set(map(str, more))


def _apart(one: AbstractSet[object], other: AbstractSet[object]) -> float:
    """Return the share of all that only one has: the distance of Jaccard."""
    return len(one ^ other) / len(one | other) if one | other else 0.0


def similar(of: StrategyView, among: Sequence[StrategyView], count: int = 4) -> list[SimilarStrategy]:
    """Return the `count` most similar of `among`, the nearest first; equal ones are one row."""
    ranked = sorted((distance(of, view), place) for place, view in enumerate(among))
    found: dict[tuple[object, ...], SimilarStrategy] = {}
    for apart, place in ranked:
        view = among[place]
        key = (view.times.typical.attempts_ms, view.codes, frozenset(_phrases(view)))
        if key in found:
            found[key] = replace(found[key], same_as=(*found[key].same_as, view.name))
        elif len(found) < count:
            found[key] = SimilarStrategy(view.name, view.notation, apart, differences(of, view))
    return list(found.values())


def differences(one: StrategyView, other: StrategyView) -> tuple[str, ...]:
    """Return the differences of `other` from `one` in words; empty if there are none."""
    words = []
    if other.retries != one.retries:
        words.append(f"retries {other.retries}")
    (attempts, budget), (own_attempts, own_budget) = (
        (view.times.attempts.median, view.times.budget_ms.median) for view in (other, one)
    )
    if _far(attempts, own_attempts):
        words.append(counted(round(attempts), "attempt"))
    if _far(budget, own_budget):
        words.append(f"budget {milliseconds(budget)}")
    longest, own_longest = (_longest_wait(view) for view in (other, one))
    if _far(longest, own_longest) and attempts > 1:
        words.append(f"waits up to {milliseconds(longest)}")
    phrases, own_phrases = (view.spec.said_around if view.spec else [] for view in (other, one))
    words += [phrase for phrase in phrases if phrase not in own_phrases]
    words += [f"not {phrase}" for phrase in own_phrases if phrase not in phrases]
    jitter, own_jitter = (view.spec.jitter if view.spec else None for view in (other, one))
    if other.times.is_random != one.times.is_random:
        words.append("with jitter" if other.times.is_random else "without jitter")
    elif jitter != own_jitter:
        words.append(str(jitter or "no jitter"))
    return tuple(words)


def _far(one: float, other: float) -> bool:
    return abs(one - other) > _SAME * max(one, other)


def _longest_wait(view: StrategyView) -> float:
    starts = view.times.typical.attempts_ms
    return max((later - earlier for earlier, later in pairwise(starts)), default=0.0)
