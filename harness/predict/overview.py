"""All that is predicted of a strategy: its rank in every case of holds, and similar strategies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.holds.handles import Access, Share
from harness.predict.hold_cases import hold_cases
from harness.predict.rank import Rank, rank, ranking
from harness.predict.similar import SimilarStrategy, similar
from harness.predict.trace import FILE, SHAPES, PlacedHandle, TargetShape, traces_of
from harness.scenario.load import shipped_profiles
from harness.strategy.catalogue import MOVING
from harness.strategy.lookup import catalogued, listed
from harness.strategy.notation import parse
from harness.strategy.timetable import Range, range_of

if TYPE_CHECKING:
    from harness.predict.hold_cases import HoldCase
    from harness.predict.simulate import Prediction
    from harness.strategy.view import StrategyView

_EXCLUSIVE: Final = PlacedHandle("source", Access.READ, Share(0))
"""An exclusive reader of the new file: no call on it succeeds."""


@dataclass(frozen=True)
class ShapeRanks:
    """The ranks of a strategy for one target shape; `left_out` has other profiles with the reason."""

    shape: TargetShape
    ranks: list[Rank]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Overview:
    """A strategy, predicted: its ranks among so many strategies of real software, and similar ones."""

    view: StrategyView
    among: int
    shapes: list[ShapeRanks]
    similar: list[SimilarStrategy]


@dataclass(frozen=True)
class Ranking:
    """All strategies in one case, best first."""

    case: HoldCase
    rows: list[tuple[StrategyView, Prediction]]


def read(text: str) -> StrategyView:
    """Read notation, or the name of a strategy.

    Raises `InvalidInputError` for an unknown name, for a strategy that is made of code, and (a
    `NotationError`, with the place of the mistake) for invalid notation.
    """
    if " " in text.strip():
        parse(text)
    view = listed([text])[0]
    view.required_spec  # noqa: B018 - raises
    return view


def overview(view: StrategyView, *, every: bool = False) -> Overview:
    """Rank a strategy among those of the catalogue that move something, or among `every` one."""
    others = _others(view, every=every)
    specs = [other.required_spec for other in others]
    profiles = shipped_profiles()
    shapes = []
    for shape in SHAPES:
        cases, left_out = hold_cases(profiles, shape)
        ranks = [rank(view.required_spec, specs, case) for case in cases]
        shapes.append(ShapeRanks(shape, ranks, left_out))
    return Overview(view, len(others), shapes, similar(view, others))


def rankings(view: StrategyView, profile: str, *, every: bool = False) -> list[Ranking]:
    """Rank all strategies under one profile, `view` among them, for each shape that it blocks.

    Raises `InvalidInputError` if there is no such profile, or it blocks nothing.
    """
    profiles = shipped_profiles()
    if profile not in profiles:
        injecting = ", ".join(name for name, found in profiles.items() if found.holds)
        raise InvalidInputError(f"no profile is called {profile!r}", hint=f"There are: {injecting}")
    views = [view, *_others(view, every=every)]
    found: list[Ranking] = []
    reasons: list[str] = []
    for shape in SHAPES:
        cases, left_out = hold_cases({profile: profiles[profile]}, shape)
        found += [Ranking(case, ranking(views, case)) for case in cases]
        reasons += left_out.values()
    if not found:
        why = "; ".join(dict.fromkeys(reasons)) or "it injects no holds"
        raise InvalidInputError(f"under {profile} no first attempt fails: {why}")
    return found


def _others(view: StrategyView, *, every: bool) -> list[StrategyView]:
    return [
        other
        for other in catalogued()
        if other.name != view.name and (every or other.operation in MOVING)
    ]


def permanent_denial(view: StrategyView) -> tuple[Range, Range]:
    """Return the attempts, and the milliseconds until an error is reported, against an endless hold.

    Every call fails with an error that is retried, including that of a copy on which it falls back.
    """
    spec, times = view.required_spec, view.times
    if not spec.else_copy:
        return times.attempts, times.gave_up_ms
    traces = traces_of(replace(spec, codes=None, all_but=False), FILE, (_EXCLUSIVE,))
    attempts = range_of([len(trace.attempts_ms) for trace in traces])
    return attempts, range_of([trace.ended_ms for trace in traces])


def gets_through(view: StrategyView, case: HoldCase) -> bool:
    """Tell whether it succeeds in spite of the holds, whatever it retries."""
    handles = tuple(hold.handle for hold in case.active_holds)
    return any(trace.succeeded for trace in traces_of(view.required_spec, case.shape, handles))
