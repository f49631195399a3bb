"""Hold predictions against trials: the recommendation, its neighbours and what ships today."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import binomtest, fisher_exact

from harness.analysis.added_waits import added_waits
from harness.analysis.failure_runs import KEY
from harness.strategy.lookup import find
from harness.tune.evaluate import Outcome
from harness.tune.families import spell_waits
from harness.tune.recorded_holds import first_errors
from harness.tune.shipped import shipped

if TYPE_CHECKING:
    from harness.analysis.selection import Case
    from harness.strategy.view import StrategyView
    from harness.tune.question import Limits
    from harness.tune.releases import Floats
    from harness.tune.sources import Source
    from harness.tune.tuning import Tuning

LEAST_P: Final = 0.0027
"""A prediction is outside its interval where what was observed is less likely: three standard errors."""
_STANDARD_ERRORS: Final = 3.0
_LATENESSES: Final = 32
"""So many stand for how late all first attempts came."""
_CLOCK_MS: Final = 0.01
"""Times of records are exact to microseconds, and several of them are added."""


@dataclass(frozen=True)
class Validated:
    """One strategy, as predicted and as observed, over the operations of a run."""

    strategy: str
    """Notation, or name in the catalogue."""
    role: str
    """``recommended``, ``a retry less``, ``a retry more`` or ``today``."""
    operations: int
    """Number of operations that were tried."""
    predicted_failure: float
    """Share of operations that was predicted to fail."""
    failed: int
    """Number of operations that failed."""
    p: float
    """Probability of an observation at least as far from the prediction."""
    predicted_wait_ms: float
    """Predicted mean wait beyond the release, over all operations."""
    wait_ms: float
    """Observed mean wait; ``nan`` where no receipts say when holds ended."""
    wait_error_ms: float
    """Three standard errors of that mean."""

    @property
    def agrees(self) -> bool:
        """Whether what was observed is within the interval of the prediction."""
        wait_agrees = not abs(self.wait_ms - self.predicted_wait_ms) > self.wait_error_ms + _CLOCK_MS
        return self.p >= LEAST_P and wait_agrees


def to_validate(found: Tuning) -> dict[str, str]:
    """Return the strategies that are to be run, by notation or name, with their roles."""
    recommended = found.recommended
    roles = {recommended.strategy: "recommended"}
    codes = recommended.strategy.rpartition(" on ")[2]
    waits = recommended.schedule.waits_ms(found.limits.call_ms)
    if waits:
        for role, others in (("a retry less", waits[:-1]), ("a retry more", [*waits, waits[-1]])):
            roles.setdefault(f"{spell_waits(others)} on {codes}" if others else "plain", role)
    for each in found.today:
        roles.setdefault(each.name, "today")
    return roles


def validated(
    case: Case, source: Source, limits: Limits, roles: Mapping[str, str]
) -> Iterator[Validated]:
    """Yield what was predicted of the strategies in `roles` and what the trials of `case` show.

    Predictions are for the errors that were met there, and take calls to last `limits.call_ms`. Those of
    a model are for first attempts that come as late after the beginning of a hold as they came there.
    """
    shares = _code_shares(case)
    late_ms = lateness_ms(case) if source.observed is None else np.zeros(1)
    for strategy, role in roles.items():
        spec = find(strategy)
        labels = [each.strategy for each in case.variants if _is(each.strategy, strategy)]
        if not labels:
            continue
        own = case.variant(labels[0])
        predicted = _predicted(spec, source, shares, limits, late_ms)
        rows = added_waits(own)
        failed = int((rows["outcome"] != "ok").sum())
        waits = rows["wait_ms"].to_numpy(np.float64)
        error = _STANDARD_ERRORS * float(waits.std()) / math.sqrt(max(len(waits), 1))
        p = _probability(source, predicted.failure, failed, len(rows))
        yield Validated(
            *(strategy, role, len(rows), predicted.failure, failed, p),
            *(predicted.wait_ms, float(waits.mean()) if len(waits) else math.nan, error),
        )


def lateness_ms(case: Case) -> Floats:
    """Return how long after the beginning of its hold the first attempt of each held operation came.

    On a virtual clock that is at once. In real time a short hold may be over by then.
    """
    first = case.attempts.groupby(KEY)["start_ms"].min()
    opened = case.holds.groupby(KEY)["opened_ms"].min()
    late = (first - opened).dropna().to_numpy(np.float64)
    return late[late >= 0] if (late >= 0).any() else np.zeros(1)


def _predicted(
    view: StrategyView,
    source: Source,
    shares: Mapping[int, float],
    limits: Limits,
    late_ms: Floats,
) -> Outcome:
    """Return what a strategy does on average over first attempts that come so late."""
    levels = (np.arange(_LATENESSES) + 0.5) / _LATENESSES
    late = np.quantile(late_ms, levels) if np.ptp(late_ms) else late_ms[:1]
    outcomes = [
        shipped(view, source.releases.seen_after(each), shares, limits).outcome for each in late.tolist()
    ]
    return Outcome(
        *(float(np.mean([getattr(each, name) for each in outcomes])) for name in Outcome.__annotations__)
    )


def _is(label: str, strategy: str) -> bool:
    return label == strategy or label == str(find(strategy).spec)


def _code_shares(case: Case) -> dict[int, float]:
    """Return the first errors of operations that were blocked, with their shares."""
    codes, counts = np.unique(first_errors(case).to_numpy(np.int64), return_counts=True)
    return dict(zip(codes.tolist(), (counts / max(counts.sum(), 1)).tolist(), strict=True))


def _probability(source: Source, share: float, failed: int, operations: int) -> float:
    """Return how likely an observation at least as far off is.

    Of a model its share is known (an exact binomial test); what was observed before is a sample, too
    (Fisher's exact test).
    """
    if source.observed is None:
        return float(binomtest(failed, operations, min(max(share, 0.0), 1.0)).pvalue)
    before = source.observed.independent
    missed = round(share * before)
    table = np.array([[failed, operations - failed], [missed, before - missed]])
    return float(fisher_exact(table).pvalue)
