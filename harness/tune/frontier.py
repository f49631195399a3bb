"""What fewer failures cost, which budget is enough, and what a schedule does under other holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.holds.milliseconds import DAY_MS
from harness.predict.hold_cases import hold_cases
from harness.predict.shapes import SHAPES
from harness.scenario.load import shipped_profiles
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.optimum import Optima, optimum
from harness.tune.releases import Releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.tune.question import Limits, Prices
    from harness.tune.releases import Floats
    from harness.tune.shipped import Shipped

FRONTIER: Final = (0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
"""The failure limits of the frontier."""
ASKED_SHARES: Final = (0.99, 0.999, 0.9999)


@dataclass(frozen=True)
class FrontierPoint:
    """The best schedule at another failure limit, with as many attempts."""

    max_failure: float
    """Limit."""
    outcome: Outcome | None
    """What the best schedule does; ``null``: no schedule reaches the limit."""
    shipped: int
    """Number of shipped strategies that reach it, whatever they wait."""


@dataclass(frozen=True)
class Budget:
    """The time by which enough operations are possible."""

    share: float
    """Share of operations, or of installs, that are to succeed."""
    operations: int
    """Number of independent operations in an install; 1: of single operations."""
    budget_ms: float
    """Least time from the first attempt to the last, in milliseconds; ``null``: longer than is known."""


@dataclass(frozen=True)
class Elsewhere:
    """The recommendation under another profile."""

    profile: str
    """Its name."""
    outcome: Outcome
    """What the recommended schedule does there."""
    best: Outcome | None
    """What the best schedule within the limits does there; ``null``: there is none."""


def frontier(releases: Releases, limits: Limits, others: Sequence[Shipped]) -> list[FrontierPoint]:
    """Return the best schedule at each failure limit, however long its budget."""
    end_ms = _end_ms(releases) + limits.call_ms
    optima = Optima(releases)
    return [
        _point(optima, replace(limits, max_failure=each, max_denied_ms=end_ms), others)
        for each in FRONTIER
    ]


def _point(optima: Optima, limits: Limits, others: Sequence[Shipped]) -> FrontierPoint:
    try:
        found: Outcome | None = optima.best(limits, rough=True).outcome
    except InvalidInputError:
        found = None
    reached = sum(each.outcome.failure <= limits.max_failure for each in others)
    return FrontierPoint(limits.max_failure, found, reached)


def _end_ms(releases: Releases) -> float:
    """Return a budget that excludes no schedule worth having."""
    end = releases.time_of(min(1 - FRONTIER[-1] / 10, releases.in_the_end))
    return float(max(min(end, DAY_MS), 1.0))


def elsewhere(attempts_ms: Floats, limits: Limits, prices: Prices) -> list[Elsewhere]:
    """Return what a schedule does under each shipped profile that injects one hold at a time."""
    found: dict[str, Elsewhere] = {}
    for shape in SHAPES:
        for case in hold_cases(shipped_profiles(), shape)[0]:
            if len(case.active_holds) != 1 or case.profile in found:
                continue
            (hold,) = case.active_holds
            releases = Releases.of_distribution(hold.duration, hold.probability)
            try:
                best: Outcome | None = optimum(
                    releases, limits, attempts_ms, prices=prices, rough=True
                ).outcome
            except InvalidInputError:
                best = None
            outcome = evaluate(attempts_ms, releases, limits.call_ms)
            found[case.profile] = Elsewhere(case.profile, outcome, best)
    return sorted(found.values(), key=lambda each: each.profile)
