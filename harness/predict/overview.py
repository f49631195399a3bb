"""All that is predicted of a strategy: what ``harness predict`` shows, and with ``--json`` prints.

The types here are plain data, and so are their fields; in JSON, a time that is not reached is ``null``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.holds.handles import Hold, Share
from harness.predict.hold_cases import hold_cases
from harness.predict.rank import Rank, RankedView, rank, ranking
from harness.predict.shapes import FILE, SHAPES, TargetShape
from harness.predict.similar import SimilarStrategy, similar
from harness.predict.simulate import Prediction
from harness.predict.trace import traces_of
from harness.scenario.load import shipped_profiles
from harness.strategy.lookup import catalogued, find
from harness.strategy.notation import parse
from harness.strategy.number_range import Range, drawn_range
from harness.strategy.strategy_facts import StrategyFacts, facts_of
from harness.strategy.timetable import times_of
from harness.text import available, joined, quoted
from harness.winerror import ACCESS_DENIED

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.strategy.view import StrategyView

SCHEMA: Final = 1
_EXCLUSIVE: Final = Hold("source", "source", share=Share.NONE)
"""An exclusive reader of the new file: no call on it succeeds."""


@dataclass(frozen=True)
class PermanentDenial:
    """What a permanent denial costs."""

    attempts: Range
    """Number of attempts."""
    ms: Range
    """Milliseconds until the error is reported."""


@dataclass(frozen=True)
class ShapeRanks:
    """The ranks for one target shape."""

    shape: str
    """``directory`` or ``file``; else the call that was asked about, such as ``delete``."""
    title: str
    """The same in words."""
    doing: str
    """What is done, in words: ``renaming a directory``."""
    ranks: list[Rank]
    """Ranks, by profile and code."""
    not_ranked: dict[str, str]
    """Why other profiles have no rank, by profile."""


@dataclass(frozen=True)
class OneOverview:
    """A strategy with its ranks among those of real software, and similar ones."""

    schema: int
    """Version of the format."""
    strategy: StrategyFacts
    """The strategy."""
    permanent_denial: PermanentDenial
    """What a permanent denial costs."""
    among: int
    """Number of strategies of real software that it is ranked among."""
    shapes: list[ShapeRanks]
    """Ranks for each target shape."""
    similar: list[SimilarStrategy]
    """Most similar strategies, the most similar first."""


@dataclass(frozen=True)
class Overview(OneOverview):
    """The strategy that was asked about, and others that its name stands for."""

    also: list[OneOverview]
    """The same of the strategies that a system has for other operations; else empty."""


@dataclass(frozen=True)
class Ranked:
    """A strategy in a ranking."""

    name: str
    """Its name."""
    notation: str | None
    """Its notation."""
    is_predicted: bool
    """Whether it is the one that was asked about."""
    attempts: Range
    """Number of attempts."""
    budget_ms: Range
    """Time until the last attempt, in milliseconds."""
    attempt_cost_ms: float
    """Time that an attempt is assumed to take; 0 except in hot loops."""
    prediction: Prediction
    """How it performs."""
    rank: str
    """Its rank by success rate, in words: ``tied for first with 55 of 71``."""


@dataclass(frozen=True)
class Ranking:
    """All strategies in one case."""

    shape: str
    """``directory`` or ``file``; else the call that was asked about, such as ``delete``."""
    title: str
    """The same in words."""
    doing: str
    """What is done, in words: ``renaming a directory``."""
    profile: str
    """Name of the hold profile."""
    code: int | None
    """Win32 error of a single attempt."""
    strategies: list[Ranked]
    """The strategies, best first."""


@dataclass(frozen=True)
class OneRankings:
    """A strategy, and a ranking for each target shape that a profile blocks."""

    schema: int
    """Version of the format."""
    strategy: StrategyFacts
    """The strategy."""
    permanent_denial: PermanentDenial
    """What a permanent denial costs."""
    rankings: list[Ranking]
    """Rankings, by target shape."""


@dataclass(frozen=True)
class Rankings(OneRankings):
    """The strategy that was asked about, and others that its name stands for."""

    also: list[OneRankings]
    """The same of the strategies that a system has for other operations; else empty."""


@dataclass(frozen=True)
class Asked:
    """A strategy that was asked about, and the target shapes that it is for."""

    view: StrategyView
    shapes: tuple[TargetShape, ...] = SHAPES


def read(text: str, shapes: Sequence[TargetShape] = SHAPES) -> list[Asked]:
    """Read notation, or the name of a strategy: one, or of a system one for each of `shapes`.

    Raises `InvalidInputError` for an unknown name, for a system that moves nothing, for a strategy that
    is made of code, and (a `NotationError`, with the place of the mistake) for invalid notation.
    """
    if " " in text.strip():
        parse(text)
    found: dict[str, Asked] = {}
    refusals = []
    for shape in shapes:
        try:
            view = find(text, shape.purpose)
        except InvalidInputError as error:
            refusals.append(error)
            continue
        view.required_spec  # noqa: B018 - raises
        before = found.get(view.name, Asked(view, ()))
        found[view.name] = replace(before, shapes=(*before.shapes, shape))
    if not found:
        words = joined([shape.purpose.words for shape in shapes], " or ")
        if len({error.message for error in refusals}) > 1:
            raise InvalidInputError(f"{text} has no strategy for {words}", hint=refusals[0].hint)
        raise refusals[0]
    return list(found.values())


def overview(
    asked: Asked, *, every: bool = False, profiles: Mapping[str, Profile] | None = None
) -> OneOverview:
    """Rank a strategy among those of the catalogue for such operations, or among `every` one.

    Under `profiles`, by default the shipped ones.
    """
    view = asked.view
    others = _others(asked, every=every)
    specs = [other.required_spec for other in others]
    profiles = shipped_profiles() if profiles is None else profiles
    shapes = []
    for shape in asked.shapes:
        cases, not_ranked = hold_cases(profiles, shape)
        ranks = [rank(view.required_spec, specs, case) for case in cases]
        doing = shape.purpose.words
        shapes.append(ShapeRanks(shape.name, shape.title, doing, ranks, not_ranked))
    denial = permanent_denial(view)
    return OneOverview(SCHEMA, facts_of(view), denial, len(others), shapes, similar(view, others))


def rankings(
    asked: Asked,
    profile: str,
    *,
    every: bool = False,
    profiles: Mapping[str, Profile] | None = None,
) -> OneRankings:
    """Rank all strategies under one of `profiles`, that of `asked` among them, for each shape it blocks.

    The profiles are the shipped ones by default.

    Raises `InvalidInputError` if there is no such profile, or it blocks nothing.
    """
    view = asked.view
    profiles = shipped_profiles() if profiles is None else profiles
    if profile not in profiles:
        injecting = [name for name, found in profiles.items() if found.holds]
        raise InvalidInputError(f"no profile is called {profile!r}", hint=available(profile, injecting))
    views = [view, *_others(asked, every=every)]
    found: list[Ranking] = []
    reasons: list[str] = []
    for shape in asked.shapes:
        cases, not_ranked = hold_cases({profile: profiles[profile]}, shape)
        reasons += not_ranked.values()
        for case in cases:
            rows = [_ranked(each, view) for each in ranking(views, case)]
            doing = shape.purpose.words
            found.append(Ranking(shape.name, shape.title, doing, profile, case.code, rows))
    if not found:
        why = "; ".join(dict.fromkeys(reasons)) or "it injects no holds"
        raise InvalidInputError(
            f"attempt times alone predict nothing under {profile}: {why}",
            hint=_run_under(profile),
        )
    return OneRankings(SCHEMA, facts_of(view), permanent_denial(view), found)


def _run_under(profile: str) -> str:
    """The commands that run a scenario under a profile: a shipped one, or one from a file."""
    if profile in shipped_profiles():
        return f"A run can tell: harness run script-install --profile {quoted(profile)}"
    return (
        "A run can tell. Put the profile into a folder profiles/, and beside that folder: "
        f"harness new ours.toml; harness run ours.toml --profile {quoted(profile)}"
    )


def _ranked(row: RankedView, asked: StrategyView) -> Ranked:
    view, times = row.view, row.view.times
    return Ranked(
        *(view.name, view.notation, view is asked),
        *(times.attempts, times.budget_ms, times.attempt_cost_ms),
        *(row.prediction, row.rank),
    )


def rankings_of_each(
    asked: Sequence[Asked],
    profile: str,
    *,
    every: bool = False,
    profiles: Mapping[str, Profile] | None = None,
) -> list[tuple[Asked, OneRankings]]:
    """Rank under one profile each strategy that was asked about, where the profile blocks its shapes.

    Raises what `rankings` raises, if it blocks none of them.
    """
    found = []
    refusals = []
    for each in asked:
        try:
            found.append((each, rankings(each, profile, every=every, profiles=profiles)))
        except InvalidInputError as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    return found


def _others(asked: Asked, *, every: bool) -> list[StrategyView]:
    compared = frozenset[str]().union(*(shape.compared for shape in asked.shapes))
    return [
        other
        for other in catalogued()
        if other.name != asked.view.name and (every or other.operation in compared)
    ]


def permanent_denial(view: StrategyView) -> PermanentDenial:
    """Return what a strategy does against an endless hold.

    Every call fails with an error that is retried, including those that it makes after giving up. That
    error is 5 where what is done after it is said apart: a denial is what 5 says.
    """
    spec, times = view.required_spec, view.times
    if any(ACCESS_DENIED in (part.codes or ()) for part in spec.after_errors):
        spec = spec.after(ACCESS_DENIED)
        times = times_of(spec)
    if spec.asking_ms is not None and not spec.otherwise:  # it is told so after the first failure
        return PermanentDenial(drawn_range([1]), drawn_range([spec.asking_ms]))
    if not spec.otherwise:
        return PermanentDenial(times.attempts, times.gave_up_ms)
    traces = traces_of(replace(spec, codes=None, all_but=False), FILE, (_EXCLUSIVE,))
    attempts = drawn_range([len(trace.attempts_ms) for trace in traces])
    return PermanentDenial(attempts, drawn_range([trace.gave_up_ms for trace in traces]))
