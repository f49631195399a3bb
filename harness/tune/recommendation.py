"""The recommended strategy for a question: what code is written from, and all else is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.strategy.spec import DEFAULT_CODES
from harness.tune.codes import CodeWorth, codes_worth, retried
from harness.tune.families import Explained, explanations, simplest
from harness.tune.installs import per_operation
from harness.tune.optimum import Optimum, optimum
from harness.tune.question import FREE, Limits

if TYPE_CHECKING:
    from harness.tune.question import Prices
    from harness.tune.sources import Source


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
    call: str
    """How the time of a call in the limits is known, in words."""


@dataclass(frozen=True)
class Recommended:
    """The recommended strategy."""

    strategy: str
    """Strategy notation."""
    schedule: Explained
    """Its schedule, and what that does."""


@dataclass(frozen=True)
class Recommendation:
    """The recommended strategy, and what it was chosen from."""

    holds: Holds
    limits: Limits
    """Those of single operations, where the question was for installs."""
    recommended: Recommended
    best: Optimum
    families: list[Explained]
    codes: list[CodeWorth]


def recommend(
    source: Source,
    limits: Limits,
    per_install_of: int | None = None,
    *,
    prices: Prices = FREE,
    on_step: Callable[[str], None] = lambda _: None,
) -> Recommendation:
    """Choose the simplest strategy that is near the best. Raises the errors of `optimum`."""
    releases = source.releases
    if per_install_of is not None:
        limits = replace(limits, max_failure=per_operation(limits.max_failure, per_install_of))
    on_step("Looking at all schedules")
    best = optimum(releases, limits, prices=prices)
    families = explanations(releases, limits, best, prices)
    chosen = simplest(families, 1 - releases.free, prices)
    worths = codes_worth(source, np.array(chosen.attempts_ms), limits)
    codes = ",".join(map(str, retried(worths) or DEFAULT_CODES))
    strategy = chosen.notation if chosen.notation == "plain" else f"{chosen.notation} on {codes}"
    found = {str(code): share for code, share in source.code_shares.items()}
    held = 1 - releases.free
    holds = Holds(source.name, list(source.conditional), held, found, source.call.evidence)
    return Recommendation(holds, limits, Recommended(strategy, chosen), best, families, worths)
