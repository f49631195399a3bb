"""All that is found for a question: what ``harness tune`` shows, and with ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.holds.milliseconds import DAY_MS
from harness.predict.hold_cases import hold_cases
from harness.predict.shapes import SHAPES
from harness.scenario.load import shipped_profiles
from harness.strategy.durations import spell_duration, spell_retries
from harness.strategy.spec import DEFAULT_CODES
from harness.tune.certainty import Certainty, certainty
from harness.tune.evaluate import Outcome, evaluate
from harness.tune.families import Explained, explanations, simplest
from harness.tune.installs import per_install, per_operation, total_wait_ms
from harness.tune.minimax import minimax_schedule, worst_cost_ms
from harness.tune.optimum import Optimum, optimum
from harness.tune.profile_holds import modelled_holds
from harness.tune.question import Limits
from harness.tune.releases import Releases
from harness.tune.shipped import Shipped, all_shipped, ranked, shipped

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.predict.overview import Asked
    from harness.tune.observed import Observations

SCHEMA: Final = 1
FRONTIER: Final = (0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
"""The failure limits of the frontier."""
ASKED_SHARES: Final = (0.99, 0.999, 0.9999)


@dataclass(frozen=True)
class Holds:
    """Where the holds are from."""

    source: str
    """In words."""
    conditional: list[str]
    """What the answer is conditional on, in sentences."""
    held: float
    """Share of operations that are held at their first attempt."""
    codes: dict[str, float]
    """Errors of held operations with their shares; 0: not known."""


@dataclass(frozen=True)
class Recommended:
    """The recommended strategy."""

    strategy: str
    """Strategy notation."""
    schedule: Explained
    """Its schedule, and what that does."""


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


@dataclass(frozen=True)
class InstallOutcome:
    """What the recommendation means for installs of several independent operations."""

    operations: int
    """Number of operations."""
    failure: float
    """Share of installs that fail, with one budget for each operation."""
    total_wait_ms: float
    """Most that an install waits in total, in a share `share` of installs; ``null``: more fail."""
    share: float
    """That share."""


@dataclass(frozen=True)
class Tuning:
    """The answer to a question."""

    schema: int
    """Version of the format."""
    holds: Holds
    """Where the holds are from."""
    limits: Limits
    """What was asked."""
    recommended: Recommended
    """The simplest strategy that is near the best."""
    best: Optimum
    """The best of all schedules within the limits."""
    families: list[Explained]
    """The best of each family, the simplest first."""
    today: list[Shipped]
    """What the tool that was named ships, for each operation; else empty."""
    shipped: list[Shipped]
    """All shipped strategies, those within the limits first."""
    frontier: list[FrontierPoint]
    """The best schedules at other failure limits."""
    budgets: list[Budget]
    """Which budget is enough for how many."""
    install: InstallOutcome | None
    """For installs of several operations; ``null`` where they were not asked for."""
    certainty: Certainty | None
    """How sure that is; ``null`` for a model, whose numbers are exact."""
    elsewhere: list[Elsewhere]
    """The same strategy under the shipped profiles."""


@dataclass(frozen=True)
class WithoutData:
    """The answer where nothing is known of the holds: the schedule whose worst case is least."""

    schema: int
    """Version of the format."""
    limits: Limits
    """What was asked."""
    strategy: str
    """Strategy notation."""
    attempts_ms: list[float]
    """Times of its attempts, the first at 0."""
    worst_wait_ms: float
    """Longest wait from a release within the budget to the next attempt."""


def without_data(limits: Limits) -> WithoutData:
    """Return the minimax schedule within `limits`."""
    times = minimax_schedule(limits.max_denied_ms, limits.max_attempts)
    retries = len(times) - 1
    codes = ",".join(map(str, DEFAULT_CODES))
    wait = spell_duration(round(limits.max_denied_ms / retries, 3)) if retries else ""
    strategy = f"{wait} {spell_retries(retries)} on {codes}" if retries else "plain"
    return WithoutData(SCHEMA, limits, strategy, times, worst_cost_ms(times))


@dataclass(frozen=True)
class Source:
    """Holds to tune on: of a model, or observed."""

    name: str
    releases: Releases
    code_shares: Mapping[int, float]
    conditional: Sequence[str]
    observed: Observations | None = None
    shape_codes: Mapping[str, int] | None = None
    """The error by target shape, where the shape decides it."""


def observed_source(observed: Observations) -> Source:
    """Return observed holds to tune on. Raises `InvalidInputError` if they say nothing."""
    observed.check()
    return Source(
        observed.source, observed.releases(), observed.code_shares, observed.conditional, observed
    )


def modelled_source(name: str, profile: Profile) -> Source:
    """Return the holds of a profile to tune on. Raises `InvalidInputError` as `modelled_holds`."""
    model = modelled_holds(name, profile)
    codes = dict.fromkeys(model.codes.values())
    shares = {code: 1 / len(codes) for code in codes}
    return Source(model.name, model.releases, shares, model.conditional, shape_codes=model.codes)


def tune(
    source: Source, limits: Limits, asked: Sequence[Asked] = (), per_install_of: int | None = None
) -> Tuning:
    """Find the recommended strategy and all that is to be known about it.

    `asked` are the strategies that the tool ships now. Raises `InvalidInputError` if no schedule is
    within the limits, or a strategy is made of code.
    """
    releases = source.releases
    if per_install_of is not None:
        limits = replace(limits, max_failure=per_operation(limits.max_failure, per_install_of))
    best = optimum(releases, limits)
    families = explanations(releases, limits, best.attempts_ms, best.outcome.wait_ms)
    chosen = simplest(families, 1 - releases.free)
    attempts = np.array(chosen.attempts_ms)
    known = sorted(filter(None, source.code_shares))
    codes_found = {str(code): share for code, share in source.code_shares.items()}
    codes = ",".join(map(str, known or DEFAULT_CODES))
    strategy = chosen.notation if chosen.notation == "plain" else f"{chosen.notation} on {codes}"
    others = all_shipped(releases, source.code_shares, limits)
    return Tuning(
        SCHEMA,
        Holds(source.name, list(source.conditional), 1 - releases.free, codes_found),
        limits,
        Recommended(strategy, chosen),
        best,
        families,
        _today(source, limits, asked),
        others,
        [_frontier_point(releases, limits, each, others) for each in FRONTIER],
        _budgets(releases, per_install_of),
        _install(attempts, releases, per_install_of),
        certainty(source.observed, attempts, limits) if source.observed else None,
        list(_elsewhere(attempts, limits)),
    )


def _today(source: Source, limits: Limits, asked: Sequence[Asked]) -> list[Shipped]:
    found = []
    for each in asked:
        shares = source.code_shares
        if source.shape_codes is not None:
            codes = [
                source.shape_codes[shape.name]
                for shape in each.shapes
                if shape.name in source.shape_codes
            ]
            if not codes:
                continue
            shares = {code: codes.count(code) / len(codes) for code in codes}
        found.append(shipped(each.view, source.releases, shares, limits))
    if asked and not found:
        raise InvalidInputError(
            f"{asked[0].view.name} is for operations that {source.name} does not block",
            hint="Name another profile, or leave out --for.",
        )
    return ranked(found)


def _frontier_point(
    releases: Releases, limits: Limits, max_failure: float, others: Sequence[Shipped]
) -> FrontierPoint:
    try:
        found: Outcome | None = optimum(
            releases,
            replace(limits, max_failure=max_failure, max_denied_ms=_frontier_end(releases)),
            finer=1,
        ).outcome
    except InvalidInputError:
        found = None
    reached = sum(each.outcome.failure <= max_failure for each in others)
    return FrontierPoint(max_failure, found, reached)


def _frontier_end(releases: Releases) -> float:
    """Return a budget that excludes no schedule worth having."""
    end = releases.time_of(min(1 - FRONTIER[-1] / 10, releases.in_the_end))
    return float(max(min(end, DAY_MS), 1.0))


def _budgets(releases: Releases, operations: int | None) -> list[Budget]:
    found = [Budget(share, 1, releases.time_of(share)) for share in ASKED_SHARES]
    if operations is not None and operations > 1:
        found += [
            Budget(share, operations, releases.time_of(1 - per_operation(1 - share, operations)))
            for share in ASKED_SHARES
        ]
    return found


def _install(attempts: np.ndarray, releases: Releases, operations: int | None) -> InstallOutcome | None:
    if operations is None:
        return None
    share = 0.99
    failure = per_install(evaluate(attempts, releases).failure, operations)
    return InstallOutcome(
        operations, failure, total_wait_ms(attempts, releases, operations, share), share
    )


def _elsewhere(attempts: np.ndarray, limits: Limits) -> list[Elsewhere]:
    found: dict[str, Elsewhere] = {}
    for shape in SHAPES:
        for case in hold_cases(shipped_profiles(), shape)[0]:
            if len(case.active_holds) != 1 or case.profile in found:
                continue
            (hold,) = case.active_holds
            releases = Releases.of_distribution(hold.duration, hold.probability)
            try:
                best: Outcome | None = optimum(releases, limits, attempts, finer=1).outcome
            except InvalidInputError:
                best = None
            found[case.profile] = Elsewhere(case.profile, evaluate(attempts, releases), best)
    return sorted(found.values(), key=lambda each: each.profile)
