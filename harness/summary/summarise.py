"""Sum up a run: one row a scenario, profile and variant.

A failure is data: time to persist is taken over all trials, those that failed counting as never. A
void trial takes its whole block with it, and that is said.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from harness.summary.statistics import Interval, quantile, wilson
from harness.winerror import GONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.record.trial_record import TrialRecord

VariantKey = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Row:
    """One variant of one case. Times are milliseconds on the outcome clock.

    `trials` are those that count; `median_ms` and `p95_ms` are over all of them, ``inf`` where the
    quantile falls on a failure. `failing_ms` is the time spent on failed trials, in all. `attempts`
    is the mean over trials of the attempts on the operation that needed the most, `calls` that of all
    calls of the primitive. `leftover_files` and `leftover_bytes` are what all trials left behind.
    `recovered` counts the failed trials whose second run succeeded, of `reruns`.
    """

    strategy: str
    factors: dict[str, str]
    trials: int
    failures: int
    rate: float
    interval: Interval
    median_ms: float | None
    p95_ms: float | None
    failing_ms: float
    attempts: float
    most_attempts: int
    calls: float
    outcomes: dict[str, int]
    leftover_files: int
    leftover_bytes: int
    reruns: int
    recovered: int
    harness_errors: int
    void: int


@dataclass(frozen=True)
class CaseSummary:
    """All variants of one scenario under one profile.

    `blocks_without_holds` counts the blocks in which no hold was taken on any operation of any variant,
    `failed_holds` the holds that could not be taken, by Win32 code.
    """

    scenario: str
    profile: str
    platforms: tuple[str, ...]
    blocks: int
    blocks_without_holds: int
    failed_holds: dict[int, int]
    void_blocks: int
    void_reasons: dict[str, int]
    rows: list[Row]


def summarise(
    trials: Iterable[TrialRecord], order: Mapping[str, Sequence[str]] | None = None
) -> list[CaseSummary]:
    """Group trials into cases, in the order they first appear.

    Rows follow `order`, the labels of each scenario's strategies; others come after, by name.
    """
    cases: dict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for trial in trials:
        cases[trial.scenario, trial.profile].append(trial)
    return [
        _case(scenario, profile, found, (order or {}).get(scenario, ()))
        for (scenario, profile), found in cases.items()
    ]


def _case(
    scenario: str, profile: str, trials: Sequence[TrialRecord], order: Sequence[str]
) -> CaseSummary:
    places = {label: place for place, label in reversed(list(enumerate(order)))}

    def by_place(trial: TrialRecord) -> tuple[int, str, list[tuple[str, str]]]:
        place = places.get(trial.strategy, len(places))
        return place, trial.strategy, sorted(trial.factors.items())

    void = {trial.block: trial.void for trial in trials if trial.void is not None}
    variants: dict[VariantKey, list[TrialRecord]] = defaultdict(list)
    for trial in sorted(trials, key=by_place):
        variants[trial.strategy, tuple(trial.factors.items())].append(trial)
    return CaseSummary(
        scenario=scenario,
        profile=profile,
        platforms=tuple(sorted({trial.platform for trial in trials})),
        blocks=len({trial.block for trial in trials}) - len(void),
        blocks_without_holds=len(
            {trial.block for trial in trials}
            - {trial.block for trial in trials if _was_held(trial)}
            - set(void)
        ),
        failed_holds=dict(
            Counter(
                hold.error
                for trial in trials
                for operation in trial.operations
                for hold in operation.holds
                if hold.opened_us is None and hold.error is not None and hold.error not in GONE
            )
        ),
        void_blocks=len(void),
        void_reasons=dict(Counter(void.values())),
        rows=[_row(key, found, set(void)) for key, found in variants.items()],
    )


def _was_held(trial: TrialRecord) -> bool:
    """Whether a hold was still there when an operation was ready."""
    return any(
        hold.opened_us is not None
        and (hold.released_us is None or hold.released_us > operation.ready_us)
        for operation in trial.operations
        for hold in operation.holds
    )


def _row(key: VariantKey, trials: Sequence[TrialRecord], void: set[int]) -> Row:
    strategy, factors = key
    valid = [trial for trial in trials if trial.block not in void]
    counted = [trial for trial in valid if trial.outcome != "harness-error"]
    failed = [trial for trial in counted if trial.outcome != "ok"]
    times = [trial.elapsed_ms if trial.outcome == "ok" else math.inf for trial in counted]
    attempts = [attempts_of(trial) for trial in counted]
    reruns = [trial.rerun for trial in failed if trial.rerun is not None]
    return Row(
        strategy=strategy,
        factors=dict(factors),
        trials=len(counted),
        failures=len(failed),
        rate=len(failed) / len(counted) if counted else math.nan,
        interval=wilson(len(failed), len(counted)),
        median_ms=quantile(times, 0.5),
        p95_ms=quantile(times, 0.95),
        failing_ms=sum(trial.elapsed_ms for trial in failed),
        attempts=mean(attempts) if attempts else math.nan,
        most_attempts=max(attempts, default=0),
        calls=mean(map(calls_of, counted)) if counted else math.nan,
        outcomes=dict(Counter(trial.outcome for trial in counted)),
        leftover_files=sum(trial.leftovers.files for trial in counted),
        leftover_bytes=sum(trial.leftovers.bytes for trial in counted),
        reruns=len(reruns),
        recovered=sum(rerun.outcome == "ok" for rerun in reruns),
        harness_errors=len(valid) - len(counted),
        void=len(trials) - len(valid),
    )


def attempts_of(trial: TrialRecord) -> int:
    """Attempts on the operation that needed the most: 1 where everything worked at once."""
    return max((len(operation.attempts) for operation in trial.operations), default=1) or 1


def calls_of(trial: TrialRecord) -> int:
    """All calls of the primitive in a trial, those that worked at once included."""
    return sum(operation.calls for operation in trial.operations)
