"""All that is found for a question: what ``harness tune`` shows, and with ``--json`` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.tune.alternatives import Alternative, alternatives
from harness.tune.certainty import Certainty, certainty
from harness.tune.codes import CodeWorth
from harness.tune.evaluate import evaluate
from harness.tune.families import Explained
from harness.tune.frontier import ASKED_SHARES, Budget, Elsewhere, FrontierPoint, elsewhere, frontier
from harness.tune.installs import per_install, per_operation, total_wait_ms
from harness.tune.optimum import Optimum
from harness.tune.question import FREE, Limits, Prices
from harness.tune.recommendation import Holds, Recommendation, Recommended, recommend
from harness.tune.shipped import Shipped, all_shipped, ranked, shipped

if TYPE_CHECKING:
    from harness.predict.overview import Asked
    from harness.tune.releases import Floats, Releases
    from harness.tune.sources import Source

SCHEMA: Final = 1


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
    denied_each_ms: float
    """What a permanent denial of all operations costs with one budget for each."""


@dataclass(frozen=True)
class Tuning:
    """The answer to a question."""

    schema: int
    """Version of the format."""
    holds: Holds
    """Where the holds are from."""
    limits: Limits
    """What was asked."""
    prices: Prices
    """Prices in milliseconds of waiting; all 0: the wait alone is made least."""
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
    codes: list[CodeWorth]
    """What retrying each error is worth."""
    alternatives: list[Alternative]
    """What acting around the call changes, where that is known: for a model."""
    elsewhere: list[Elsewhere]
    """The same strategy under the shipped profiles."""

    @property
    def chosen(self) -> Recommendation:
        """The recommendation alone."""
        return Recommendation(
            *(self.holds, self.limits, self.recommended, self.best, self.families, self.codes)
        )


def tune(
    source: Source,
    limits: Limits,
    asked: Sequence[Asked] = (),
    per_install_of: int | None = None,
    *,
    prices: Prices = FREE,
    on_step: Callable[[str], None] = lambda _: None,
) -> Tuning:
    """Find the recommended strategy and all that is to be known about it.

    `asked` are the strategies that the tool ships now; `on_step` is called with what is done next.
    Raises `InvalidInputError` if no schedule is within the limits, or a strategy is made of code.
    """
    releases = source.releases
    chosen = recommend(source, limits, per_install_of, prices=prices, on_step=on_step)
    limits, strategy = chosen.limits, chosen.recommended.strategy
    attempts = np.array(chosen.recommended.schedule.attempts_ms)
    on_step("Comparing with what is shipped")
    others = all_shipped(releases, source.code_shares, limits, prices)
    today = _today(source, limits, asked)
    on_step("Finding what fewer failures cost")
    points = frontier(releases, limits, others)
    on_step("Judging how sure that is")
    sure = certainty(source.observed, attempts, limits, prices=prices) if source.observed else None
    on_step("Trying it under other holds")
    return Tuning(
        SCHEMA,
        chosen.holds,
        limits,
        prices,
        chosen.recommended,
        chosen.best,
        chosen.families,
        today,
        others,
        points,
        _budgets(releases, per_install_of),
        _install(attempts, releases, limits, per_install_of),
        sure,
        chosen.codes,
        alternatives(strategy, source.cases),
        elsewhere(attempts, limits, prices),
    )


def _today(source: Source, limits: Limits, asked: Sequence[Asked]) -> list[Shipped]:
    found = []
    for each in asked:
        shares = source.code_shares
        if source.cases:
            own = {shape.name for shape in each.shapes}
            codes = [case.code or 0 for case in source.cases if case.shape.name in own]
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


def _budgets(releases: Releases, operations: int | None) -> list[Budget]:
    found = [Budget(share, 1, releases.time_of(share)) for share in ASKED_SHARES]
    if operations is not None and operations > 1:
        found += [
            Budget(share, operations, releases.time_of(1 - per_operation(1 - share, operations)))
            for share in ASKED_SHARES
        ]
    return found


def _install(
    attempts: Floats, releases: Releases, limits: Limits, operations: int | None
) -> InstallOutcome | None:
    if operations is None:
        return None
    share = 0.99
    outcome = evaluate(attempts, releases, limits.call_ms)
    return InstallOutcome(
        operations,
        per_install(outcome.failure, operations),
        total_wait_ms(attempts, releases, operations, share),
        share,
        operations * outcome.denied_ms,
    )
