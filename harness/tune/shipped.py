"""What the schedules of shipped strategies do under the same question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.strategy.catalogue import MOVING
from harness.strategy.lookup import catalogued
from harness.strategy.timetable import drawn_schedules
from harness.tune.evaluate import Outcome, evaluate_many
from harness.tune.question import FREE
from harness.tune.releases import SAME

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec
    from harness.strategy.view import StrategyView
    from harness.tune.question import Limits, Prices
    from harness.tune.releases import Floats, Releases

_DRAWS: Final = 200
"""So many schedules stand for a strategy with jitter."""


@dataclass(frozen=True)
class Shipped:
    """A strategy of real software, by its schedule alone."""

    name: str
    """Its name."""
    notation: str
    """Its notation."""
    retried: float
    """Share of held operations whose error it retries."""
    outcome: Outcome
    """What its schedule does; with jitter, the mean over draws of it."""
    attempts: int
    """Most attempts that it makes."""
    fits: bool
    """Whether it is within the limits, apart from the number of attempts."""


@lru_cache(maxsize=1024)
def _schedules(spec: StrategySpec, call_ms: float) -> tuple[Floats, tuple[int, ...], Floats]:
    """Return the attempts of its schedules on end, their numbers, and when each gives up."""
    listed = drawn_schedules(spec, _DRAWS, call_ms)
    attempts = [np.array(each.attempts_ms) for each in listed]
    gave_up = np.array([each.gave_up_ms for each in listed])
    return np.concatenate(attempts), tuple(map(len, attempts)), gave_up


def shipped(
    view: StrategyView, releases: Releases, code_shares: Mapping[int, float], limits: Limits
) -> Shipped:
    """Return what the schedule of a strategy does. Raises `InvalidInputError` if it is made of code."""
    spec = view.required_spec
    retried = sum(share for code, share in code_shares.items() if view.retries_code(code or 5))
    attempts, lengths, gave_up = _schedules(spec.only_times(), limits.call_ms)
    many = evaluate_many(attempts, lengths, releases)
    held = 1 - releases.free
    failure = float(many.failure.mean()) * retried + held * (1 - retried)
    outcome = Outcome(
        failure=max(failure, 0.0),
        wait_ms=float(many.wait_ms.mean()) * retried,
        attempts=float(many.attempts.mean()) * retried + (1 - retried),
        denied_ms=float(gave_up.max()) if retried else limits.call_ms,
    )
    fits = failure <= limits.max_failure + SAME and outcome.denied_ms <= limits.max_denied_ms
    return Shipped(view.name, str(spec), retried, outcome, max(lengths), fits)


def all_shipped(
    releases: Releases, code_shares: Mapping[int, float], limits: Limits, prices: Prices = FREE
) -> list[Shipped]:
    """Return all strategies of the catalogue that bring something to its final name, best first."""
    found = [
        shipped(view, releases, code_shares, limits)
        for view in catalogued()
        if view.operation in MOVING and view.spec is not None
    ]
    return ranked(found, prices)


def ranked(found: Iterable[Shipped], prices: Prices = FREE) -> list[Shipped]:
    """Sort: those that fit first, by their costs, then the others by failures."""
    return sorted(
        found,
        key=lambda each: (
            not each.fits,
            each.outcome.cost_ms(prices) if each.fits else each.outcome.failure,
            each.name,
        ),
    )
