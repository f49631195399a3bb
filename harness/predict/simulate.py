"""The success rate of a strategy under a profile of holds, without a trial.

One operation is hit by the holds of a profile at its first attempt, and attempts take no time (those of
hot loops do, see `harness.strategy.timetable`). A hold that begins later has no part in it. A strategy
that waits long enough on the right error succeeds with the first attempt after the release; so its
success rate is the probability that the hold ends by the last attempt, which the distribution function
of the duration gives exactly. With jitter it is the mean over the drawn schedules, with their standard
error. `harness.predict.several_holds` follows several holds at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, NamedTuple

from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import UntilFailure
from harness.predict.several_holds import Arrivals, follow_several
from harness.predict.trace import traces_of

if TYPE_CHECKING:
    from harness.predict.hold_cases import ActiveHold, HoldCase
    from harness.strategy.schedules import Schedule
    from harness.strategy.spec import StrategySpec


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a strategy performs. Times are milliseconds from the first attempt."""

    success_rate: float
    """Share of all operations that succeed, including those that are not hit by a hold."""
    median_ms: float
    """Median time over all operations, a failure counting as infinite (``inf``)."""
    mean_ms: float
    """Mean time of operations that succeed; ``nan`` if none do."""
    overshoot_ms: float
    """Mean time from the release of a hold to the next attempt; ``nan`` where nothing is waited for, or
    there are several holds.
    """
    is_estimate: bool
    """Whether it is from drawn schedules."""
    error: float = 0.0
    """Standard error of ``success_rate`` over the draws, else 0."""

    @property
    def rate(self) -> SuccessRate:
        """The success rate with its error."""
        return SuccessRate(self.success_rate, self.error)


class SuccessRate(NamedTuple):
    """A success rate, and its standard error over the draws of jitter (0 without)."""

    share: float
    error: float


def predict(spec: StrategySpec, case: HoldCase) -> Prediction:
    """Predict how a strategy performs in a case.

    Raises `NotImplementedError` for what cannot be followed; see `follow_several`.
    """
    runs, overshoot_ms = _runs(spec, case)
    arrivals: Arrivals = sorted(arrival for run in runs for arrival in run)
    share = 1 / len(runs)
    success_rate = math.fsum(probability for _, probability in arrivals) * share
    total_ms = math.fsum(ms * probability for ms, probability in arrivals) * share
    return Prediction(
        success_rate=min(success_rate, 1.0),
        median_ms=_median(arrivals, share),
        mean_ms=total_ms / success_rate if success_rate > 0 else math.nan,
        overshoot_ms=overshoot_ms,
        is_estimate=len(runs) > 1,
        error=_error([math.fsum(probability for _, probability in run) for run in runs]),
    )


def success_rate(spec: StrategySpec, case: HoldCase) -> SuccessRate:
    """Predict the success rate alone: that of `predict`, at the cost of a look at the last attempts."""
    hold = case.active_holds[0] if len(case.active_holds) == 1 else None
    if hold is None or _renews(spec, case) or isinstance(hold.duration, UntilFailure):
        return predict(spec, case).rate
    traces = traces_of(spec, case.shape, (hold.handle,))
    over = [1.0 if trace.succeeded else hold.over_by(trace.failed_ms[-1]) for trace in traces]
    hit = hold.probability
    return SuccessRate(1 - hit + hit * fmean(over), hit * _error(over))


def _error(draws: Sequence[float]) -> float:
    """Return the standard error of the mean of `draws`."""
    return stdev(draws) / math.sqrt(len(draws)) if len(draws) > 1 else 0.0


def _runs(spec: StrategySpec, case: HoldCase) -> tuple[list[Arrivals], float]:
    """Return the arrivals for every draw of jitter, and the mean overshoot."""
    if len(case.active_holds) != 1:
        return follow_several(spec, case), math.nan
    (hold,) = case.active_holds
    traces = traces_of(spec, case.shape, (hold.handle,))
    if traces[0].failed_ms and _renews(spec, case):
        return [_independent(trace, hold.probability) for trace in traces], math.nan
    found = [(trace, list(_releases(trace, hold))) for trace in traces]
    return [list(_over_one(*each, hold.probability)) for each in found], _overshoot_ms(found, hold)


def _renews(spec: StrategySpec, case: HoldCase) -> bool:
    """Return whether each attempt is on a file of its own, which is held or not independently."""
    on_source = case.active_holds[0].handle.path == "source"
    return spec.fresh_temporary and not case.shape.is_directory and on_source


def _independent(trace: Schedule, hit: float) -> Arrivals:
    """Return the arrivals where each attempt is held or not independently."""
    return [(ms, hit**number * (1 - hit)) for number, ms in enumerate(trace.attempts_ms)]


def _over_one(trace: Schedule, releases: Arrivals, hit: float) -> Iterator[tuple[float, float]]:
    yield 0.0, 1 - hit
    for ms, share in releases:
        yield ms, hit * share
    if trace.succeeded:
        waited_out = math.fsum(share for _, share in releases)
        yield trace.attempts_ms[-1], hit * (1 - waited_out)


def _releases(trace: Schedule, hold: ActiveHold) -> Iterator[tuple[float, float]]:
    """Yield the attempts that find a hold released, with the share of holds that each finds."""
    failed_ms = trace.failed_ms
    if isinstance(hold.duration, UntilFailure):
        failures = hold.duration.failures
        if failures < len(failed_ms) and not hold.vanishes:
            yield failed_ms[failures], 1.0
        return
    before = 0.0
    for ms in failed_ms:
        share = hold.over_by(ms)
        if share > before:
            yield ms, share - before
        before = share
        if share >= 1:
            return


def _median(arrivals: Arrivals, share: float) -> float:
    """Return when half of all have arrived; `arrivals` ascend, and each counts `share`."""
    arrived = 0.0
    for ms, probability in arrivals:
        arrived += probability * share
        if arrived >= 0.5 - 1e-12:
            return ms
    return math.inf


def _overshoot_ms(traces: Iterable[tuple[Schedule, Arrivals]], hold: ActiveHold) -> float:
    late_ms, shares = [], []
    for trace, found in traces:
        if not found:
            continue
        shares.append(math.fsum(share for _, share in found))
        if isinstance(hold.duration, UntilFailure):
            ended_ms = trace.failed_ms[hold.duration.failures - 1]
        else:
            ended_ms = hold.duration.partial_mean(trace.failed_ms[-1], LARGEST_LIBRARY_BYTES)
        late_ms.append(math.fsum(ms * share for ms, share in found) - ended_ms)
    total = math.fsum(shares)
    return max(math.fsum(late_ms) / total, 0.0) if total > 0 else math.nan
