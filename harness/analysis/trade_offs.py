"""What each variant of a case costs in three ways, and which variants lie on the frontier.

Fewer failures cost waiting, and a strategy that is patient with a scanner is as patient with a file that
is denied for good. A variant is on the frontier where no other one is at least as good in all three ways
and better in one (Pareto).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.analysis.added_waits import added_waits
from harness.summary.trial_row import factors_text

if TYPE_CHECKING:
    from harness.analysis.selection import Case

_CLOSE_MS: Final = 1e-6
"""Means of times in microseconds differ by rounding of sums; so much is no difference."""


@dataclass(frozen=True)
class Costs:
    """The three ways in which a strategy costs."""

    failing: float
    """Share of trials that failed."""
    wait_ms: float
    """Mean time from the release of a hold to the attempt that succeeded, over all operations."""
    denied_ms: float
    """Time from the first attempt to the last where every attempt is denied."""

    def is_beaten_by(self, other: Costs) -> bool:
        """Whether `other` is nowhere worse, and better in one way."""
        mine, its = astuple(self), astuple(other)
        nowhere_worse = all(b <= a + _CLOSE_MS for a, b in zip(mine, its, strict=True))
        return nowhere_worse and any(b < a - _CLOSE_MS for a, b in zip(mine, its, strict=True))


@dataclass(frozen=True)
class TradeOff:
    """What one variant costs."""

    strategy: str
    factors: str
    costs: Costs


def trade_offs(case: Case, denied_ms: Mapping[str, float]) -> list[TradeOff]:
    """Return what each variant costs whose time on a denial is known: `denied_ms`, by its label.

    Empty where nothing is injected, for then it is not known when a hold ended.
    """
    if case.is_ambient or case.trials.empty:
        return []
    waits = added_waits(case).groupby("trial")["wait_ms"].agg(["sum", "count"])
    sums = case.trials[["strategy", "factors"]].join(waits)
    sums = sums.groupby(["strategy", "factors"], observed=True)[["sum", "count"]].sum()
    means: Mapping[Any, float] = (sums["sum"] / sums["count"]).fillna(0.0).to_dict()
    found = []
    for each in case.variants:
        place = (each.strategy, factors_text(each.factors))
        if each.strategy in denied_ms and place in means:
            costs = Costs(each.failure_rate, means[place], denied_ms[each.strategy])
            found.append(TradeOff(*place, costs))
    return found


def on_frontier(found: Sequence[TradeOff]) -> list[TradeOff]:
    """Return those that no other one beats, the rarest failures first."""
    left = [each for each in found if not any(each.costs.is_beaten_by(other.costs) for other in found)]
    return sorted(left, key=lambda each: astuple(each.costs))
