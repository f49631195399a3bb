"""What is known of a strategy as plain data: what ``--json`` prints of it, as types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.strategy.catalogue import CatalogueEntry
from harness.strategy.number_range import Range

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

SCHEMA: Final = 1


@dataclass(frozen=True)
class OverTarget:
    """The attempts and the budget of a strategy if something has the target's name."""

    attempts: Range
    """Number of attempts."""
    budget_ms: Range
    """Time until the last attempt, in milliseconds."""


@dataclass(frozen=True)
class StrategyFacts:
    """A strategy. Times are milliseconds from the first attempt, against a failure that never ends."""

    name: str
    """Its name."""
    origin: str
    """``shipped``, ``catalogue``, ``notation``, a plug-in or a file."""
    description: str
    """What it is."""
    parameters: dict[str, Any]
    """Parameters with their values."""
    notation: str | None
    """Its notation; ``null`` for what is made of code."""
    explanation: list[str]
    """The notation in sentences."""
    codes: tuple[int, ...]
    """The known Win32 codes that are retried."""
    retries: str
    """The same as text."""
    jitter: bool
    """Whether its waits are random."""
    attempts: Range
    """Number of attempts."""
    budget_ms: Range
    """Time until the last attempt."""
    gave_up_ms: Range
    """Time until the error is reported."""
    attempts_ms: tuple[float, ...]
    """Starts of the attempts of the draw with the median budget."""
    is_cut: bool
    """Whether it would go on beyond ``attempts_ms``."""
    attempt_cost_ms: float
    """Time that an attempt is assumed (not measured) to take; 0 except in hot loops."""
    rests_on_calls: bool
    """Whether its times are no more than its calls, each of that length."""
    over_target: OverTarget | None
    """Attempts and budget if something has the target's name; ``null`` if the same."""
    catalogue: CatalogueEntry | None
    """Its entry of the catalogue; ``null`` for others."""


@dataclass(frozen=True)
class StrategyList:
    """The JSON of ``harness strategies --json``."""

    schema: int
    """Version of the format."""
    strategies: list[StrategyFacts]
    """The strategies."""


def facts_of(view: StrategyView) -> StrategyFacts:
    """Return what is known of a strategy."""
    times, over = view.times, view.times_over_target
    return StrategyFacts(
        name=view.name,
        origin=view.origin,
        description=view.description,
        parameters=view.parameters,
        notation=view.notation,
        explanation=view.explanation,
        codes=view.codes,
        retries=view.retries,
        jitter=times.is_random,
        attempts=times.attempts,
        budget_ms=times.budget_ms,
        gave_up_ms=times.gave_up_ms,
        attempts_ms=times.typical.attempts_ms,
        is_cut=times.is_cut,
        attempt_cost_ms=times.attempt_cost_ms,
        rests_on_calls=view.rests_on_calls,
        over_target=None if over is None else OverTarget(over.attempts, over.budget_ms),
        catalogue=view.entry,
    )


def facts_list(views: Iterable[StrategyView]) -> StrategyList:
    """Return what is known of several."""
    return StrategyList(SCHEMA, [facts_of(view) for view in views])
