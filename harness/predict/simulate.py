"""The success rate of a strategy under a profile of holds, without a trial.

One operation is hit by the holds of a profile at its first attempt, and attempts take no time (those of
hot loops do, see `harness.strategy.timetable`). A hold that begins later has no part in it. A strategy
that waits long enough on the right error succeeds with the first attempt after the release; so its
success rate is the probability that the hold ends by the last attempt, which the distribution function
of the duration gives exactly. With jitter, it is the mean over the distribution of the last attempt,
which is computed where the waits are independent (`harness.predict.jittered`), and else drawn, with an
interval. `harness.predict.several_holds` follows several holds at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, variance
from typing import TYPE_CHECKING, Final, NamedTuple

from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import UntilFailure
from harness.predict.jittered import JitteredCourse
from harness.predict.mean_interval import half_width
from harness.predict.several_holds import Arrivals, follow_several
from harness.predict.trace import answering, first_attempts, traces_of
from harness.strategy.timetable import drawn_schedules, times_of

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
    low: float
    """Lower end of the 95 % interval of ``success_rate``; of a computed one, what it is exact to."""
    high: float
    """Upper end."""

    @property
    def rate(self) -> SuccessRate:
        """The success rate with its interval."""
        return SuccessRate(self.success_rate, self.low, self.high)


class SuccessRate(NamedTuple):
    """A success rate, and what it is within."""

    share: float
    low: float
    high: float


def predict(spec: StrategySpec, case: HoldCase) -> Prediction:
    """Predict how a strategy performs in a case.

    Raises `NotImplementedError` for what cannot be followed; see `follow_several`.
    """
    spec = _answering(spec, case)
    if course := _jittered(spec, case):
        hit, coarse = case.active_holds[0].probability, course[1]
        rate = _computed_rate(course, hit)
        share = 1 - hit + hit * coarse.arrived
        return Prediction(
            rate.share,
            median_ms=coarse.median_ms(hit),
            mean_ms=hit * coarse.arrived_ms / share if share > _NONE else math.nan,
            overshoot_ms=coarse.overshoot_ms,
            is_estimate=False,
            low=rate.low,
            high=rate.high,
        )
    runs, overshoot_ms = _runs(spec, case)
    arrivals: Arrivals = sorted(arrival for run in runs for arrival in run)
    share = 1 / len(runs)
    total_ms = math.fsum(ms * probability for ms, probability in arrivals) * share
    arrived = math.fsum(probability for _, probability in arrivals) * share
    rate = _full_rate(spec, case) or _mean_rate(
        [math.fsum(probability for _, probability in run) for run in runs]
    )
    return Prediction(
        success_rate=rate.share,
        median_ms=_median(arrivals, share),
        mean_ms=total_ms / arrived if arrived > 0 else math.nan,
        overshoot_ms=overshoot_ms,
        is_estimate=len(runs) > 1,
        low=rate.low,
        high=rate.high,
    )


_LOOKED_AT: Final = 500
"""Of so many draws of the last attempt, the durations are evaluated."""
_NONE: Final = 1e-12
"""A share of operations that is none."""


def success_rate(spec: StrategySpec, case: HoldCase) -> SuccessRate:
    """Predict the success rate alone: that of `predict`, at the cost of a look at the last attempts."""
    spec = _answering(spec, case)
    if course := _jittered(spec, case):
        return _computed_rate(course, case.active_holds[0].probability)
    return _full_rate(spec, case) or predict(spec, case).rate


def _answering(spec: StrategySpec, case: HoldCase) -> StrategySpec:
    """Return the strategy that `spec` is after the error of the one hold of a case."""
    one_hold = len(case.active_holds) == 1
    return answering(spec, case.shape, (case.active_holds[0].handle,)) if one_hold else spec


def _jittered(spec: StrategySpec, case: HoldCase) -> tuple[JitteredCourse, JitteredCourse] | None:
    """Return the course of a strategy whose times are computed, in fine and in coarse cells."""
    times = times_of(spec)
    if times.computed is None or spec.leaves_timetable or not _is_timed(spec, case):
        return None
    (hold,) = case.active_holds
    probe = first_attempts(spec, case.shape, (hold.handle,))
    if len(probe.codes) == 1:
        return None
    fine, coarse = times.computed.fine, times.computed.coarse
    return JitteredCourse(fine, hold, probe), JitteredCourse(coarse, hold, probe)


def _is_timed(spec: StrategySpec, case: HoldCase) -> bool:
    """Return whether there is one hold, whose end depends on time alone."""
    if len(case.active_holds) != 1 or isinstance(case.active_holds[0].duration, UntilFailure):
        return False
    return not _renews(spec, case)


def _computed_rate(course: tuple[JitteredCourse, JitteredCourse], hit: float) -> SuccessRate:
    fine, coarse = (1 - hit + hit * each.share for each in course)
    error = abs(fine - coarse)
    return SuccessRate(fine, max(fine - error, 0.0), min(fine + error, 1.0))


def _full_rate(spec: StrategySpec, case: HoldCase) -> SuccessRate | None:
    """Return the success rate of who makes all attempts of its timetable; ``None`` for others."""
    if not _is_timed(spec, case) or spec.leaves_timetable:
        return None
    (hold,) = case.active_holds
    probe = first_attempts(spec, case.shape, (hold.handle,))
    if probe.succeeded or probe.verdict in {"not-retried", "done"}:
        return None
    times, hit = times_of(spec), hold.probability
    over = _mean_over(hold, times.last_ms)
    least, most = (
        default if bound is None else hold.over_by(bound)
        for bound, default in ((times.budget_ms.least, 0.0), (times.budget_ms.most, 1.0))
    )
    low, high = max(over.low, least), min(over.high, most)
    return SuccessRate(*(1 - hit + hit * share for share in (over.share, low, high)))


def _mean_over(hold: ActiveHold, last_ms: Sequence[float]) -> SuccessRate:
    """Return the probability that a hold is over by the last attempt, from ascending draws of it.

    Of very many draws some are looked at; what is over by an attempt grows with its time, so that those
    between are known up to the differences of these.
    """
    count = len(last_ms)
    over = [hold.over_by(ms) for ms in last_ms[:: max(count // _LOOKED_AT, 1)]]
    if count == len(over):
        return _mean_rate(over)
    over.append(hold.over_by(last_ms[-1]))
    between = [fmean(two) for two in pairwise(over)]
    mean = fmean(between)
    half = half_width(variance(between, mean), count) + (over[-1] - over[0]) / (2 * len(between))
    return SuccessRate(mean, max(mean - half, 0.0), min(mean + half, 1.0))


def _mean_rate(draws: Sequence[float]) -> SuccessRate:
    """Return the mean of the success rates of drawn schedules; of one schedule, it is exact."""
    mean = min(fmean(draws), 1.0)
    half = half_width(variance(draws, mean), len(draws)) if len(draws) > 1 else 0.0
    return SuccessRate(mean, max(mean - half, 0.0), min(mean + half, 1.0))


def _runs(spec: StrategySpec, case: HoldCase) -> tuple[list[Arrivals], float]:
    """Return the arrivals for every draw of jitter, and the mean overshoot."""
    if len(case.active_holds) != 1:
        return follow_several(spec, case), math.nan
    (hold,) = case.active_holds
    if _renews_at_end(spec, case):
        return _with_second_file(spec, case), math.nan
    traces = traces_of(spec, case.shape, (hold.handle,))
    if traces[0].failed_ms and _renews(spec, case):
        # the trace has the first file held alone; a file that is written anew may be held as well
        tried = drawn_schedules(spec) if traces[0].succeeded else traces
        return [_independent(each, hold.probability) for each in tried], math.nan
    found = [(trace, list(_releases(trace, hold))) for trace in traces]
    return [list(_over_one(*each, hold.probability)) for each in found], _overshoot_ms(found, hold)


def _renews(spec: StrategySpec, case: HoldCase) -> bool:
    """Return whether each attempt is on a file of its own, which is held or not independently."""
    on_source = case.active_holds[0].handle.path == "source"
    is_written = case.shape.call == "rename" and not case.shape.is_directory
    return spec.fresh_temporary and is_written and on_source


def _renews_at_end(spec: StrategySpec, case: HoldCase) -> bool:
    """Return whether a second file is written in the end, which is held or not independently."""
    (hold,) = case.active_holds
    is_new = hold.handle.path == "source" and not case.shape.is_directory
    return is_new and any(each.way == "fresh temporary" for each in spec.otherwise)


def _with_second_file(spec: StrategySpec, case: HoldCase) -> list[Arrivals]:
    """Return the arrivals of the first file, and where that was given up those of the second."""
    if len(spec.otherwise) > 1 or spec.otherwise[0].codes or spec.otherwise[0].attempts:
        raise NotImplementedError(f"{spec} under {case.profile}")
    once = replace(spec, otherwise=())
    runs, _ = _runs(once, case)
    given_up_ms = [each.gave_up_ms for each in traces_of(once, case.shape, case.handles)]
    return [
        [*run, *_later(runs[0 if len(runs) == 1 else -1 - number], given_up_ms, number, run)]
        for number, run in enumerate(runs)
    ]


def _later(
    second: Arrivals, given_up_ms: Sequence[float], number: int, first: Arrivals
) -> Iterator[tuple[float, float]]:
    """Yield the arrivals of the second file: another draw of jitter than that of the first."""
    left = 1 - math.fsum(probability for _, probability in first)
    begins_ms = given_up_ms[number % len(given_up_ms)]
    for ms, probability in second:
        yield begins_ms + ms, left * probability


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
