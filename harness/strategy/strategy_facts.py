"""What is known of a strategy as plain data: what ``--json`` prints of it, as types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.strategy.catalogue import CatalogueEntry
from harness.strategy.timetable import Range

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView

SCHEMA: Final = 1


@dataclass(frozen=True)
class OverTarget:
    """The attempts and the budget of a strategy if something has the target's name."""

    attempts: Range
    budget_ms: Range


@dataclass(frozen=True)
class StrategyFacts:
    """A strategy. Times are milliseconds from the first attempt, against a failure that never ends.

    - `name`, `origin` (``shipped``, ``catalogue``, ``notation``, a plug-in or a file), `description`;
    - `parameters` with their values; `notation`, ``null`` for what is made of code; `explanation`, it in
      sentences;
    - `codes`: the known Win32 codes that are retried; `retries`: the same as text;
    - `attempts`, `budget_ms` (until the last attempt) and `gave_up_ms` (until the error is reported):
      the median and the range of the draws of jitter, if there is any;
    - `attempts_ms`: the starts of the attempts of the draw with the median budget; `is_cut`: it would go
      on beyond these; `attempt_cost_ms`: what an attempt is declared to take, 0 except in hot loops;
    - `over_target`: attempts and budget if something has the target's name, ``null`` if the same;
    - `catalogue`: the entry of the catalogue, ``null`` for others.
    """

    name: str
    origin: str
    description: str
    parameters: dict[str, Any]
    notation: str | None
    explanation: list[str]
    codes: tuple[int, ...]
    retries: str
    jitter: bool
    attempts: Range
    budget_ms: Range
    gave_up_ms: Range
    attempts_ms: tuple[float, ...]
    is_cut: bool
    attempt_cost_ms: float
    over_target: OverTarget | None
    catalogue: CatalogueEntry | None


@dataclass(frozen=True)
class StrategyList:
    """The output of ``harness strategies --json``; `schema` is the version of the format."""

    schema: int
    strategies: list[StrategyFacts]


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
        over_target=None if over is None else OverTarget(over.attempts, over.budget_ms),
        catalogue=view.entry,
    )


def facts_list(views: Iterable[StrategyView]) -> StrategyList:
    """Return what is known of several."""
    return StrategyList(SCHEMA, [facts_of(view) for view in views])
