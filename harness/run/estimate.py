"""Estimate what a trial takes before any has run: good to a factor of `ROUGHLY`.

The harness's own work is a straight line through a few measured points. In real time the waits are
those of the drawn holds, which are known before a run begins: each blocks until it ends, as if every
hold hit every attempt. `harness.run.pace` replaces the estimate by what trials really take.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from statistics import mean
from typing import Final

from harness.clock import NS_PER_MS
from harness.holds.draw import DrawnHold, draw_holds
from harness.payload.prepare import Item
from harness.platform.base import Platform
from harness.run.plan import Case, Variant
from harness.strategy import Strategy, retried_codes, schedule
from harness.winerror import ACCESS_DENIED

# Measured on a two-core virtual machine with an SSD, Linux, Python 3.11, with the shipped scenarios: a
# trial of one small file, each failing attempt, each file of each operation (link, check, remove), each
# megabyte (hash).
TRIAL_S: Final = 0.001
ATTEMPT_S: Final = 0.00008
FILE_S: Final = 0.00015
MEGABYTE_S: Final = 0.0008
REAL_TIME_FACTOR: Final = 20.0
"""Windows and Wine take several times as long for each file; measured under Wine 8, same machine."""

ROUGHLY: Final = 3.0
"""The factor within which these estimates are."""
MOST_DRAWS: Final = 2_000
"""Operations whose holds are drawn for one case: of more, a part stands for all."""


@lru_cache(maxsize=1024)  # the cases of a scenario have the same strategies
def _attempts_ms(strategy: Strategy) -> Sequence[float]:
    """When a strategy makes its attempts on an error that it retries, if there is one."""
    code = next(iter(retried_codes(strategy)), ACCESS_DENIED)
    return schedule(strategy, code=code).attempts_ms


class ExpectedTrials:
    """What the trials of one case are expected to take, by block and variant."""

    def __init__(self, case: Case, items: Sequence[Item], platform: Platform, blocks: int) -> None:
        self._case = case
        self._items = items
        self._is_real_time = platform.is_real_time
        self._attempts_ms = {variant.label: _attempts_ms(variant.strategy) for variant in case.variants}
        operations = max(len(items) * len(case.loaded.scenario.operations), 1)
        sampled = range(min(blocks, max(MOST_DRAWS // operations, 1)))
        self._blocks = [self._block_s(number) for number in sampled]
        self.variants = [variant.name for variant in case.variants]
        self._means = {name: mean(block[name] for block in self._blocks) for name in self._blocks[0]}

    def trial_s(self, block: int, variant: str) -> float:
        """Seconds that the trial of this variant takes in this block."""
        known = self._blocks[block] if block < len(self._blocks) else self._means
        return known.get(variant) or self._means.get(variant, TRIAL_S)

    def total_s(self, variant: str, blocks: int) -> float:
        """Seconds that all trials of this variant take."""
        beyond = max(blocks - len(self._blocks), 0) * self._means[variant]
        return sum(block[variant] for block in self._blocks[:blocks]) + beyond

    def _block_s(self, number: int) -> dict[str, float]:
        case = self._case
        drawn = [
            [
                draw_holds(
                    case.profile, item.files, case.hold_key(number, f"{item.name}/{place}-{spec.kind}")
                )
                for place, spec in enumerate(case.loaded.scenario.operations)
            ]
            for item in self._items
        ]
        return {variant.name: self._trial_s(variant, drawn) for variant in case.variants}

    def _trial_s(self, variant: Variant, drawn: Sequence[Sequence[Sequence[DrawnHold]]]) -> float:
        scenario = self._case.loaded.scenario
        attempts_ms = self._attempts_ms[variant.label]
        work_s, waits_s, fails = TRIAL_S, 0.0, False
        for item, operations in zip(self._items, drawn, strict=True):
            for spec, holds in zip(scenario.operations, operations, strict=True):
                attempts, waited_ms, fails = _until_free(attempts_ms, holds)
                work_s += attempts * ATTEMPT_S + _work_s(item)
                pause_ms = float(variant.factors.get("pause_ms", spec.pause_ms))
                waits_s += (pause_ms + waited_ms) / 1000
                if fails:
                    break
            if fails:
                break
        if not self._is_real_time:
            return work_s
        if fails and scenario.run_again_after_ms is not None:
            waits_s += scenario.run_again_after_ms / 1000
        at_once = min(scenario.concurrency, len(self._items))
        return work_s * REAL_TIME_FACTOR + self._case.quiet_s + waits_s / at_once


def _work_s(item: Item) -> float:
    """The work on the files of one operation, in seconds where waiting costs none."""
    return len(item.files) * FILE_S + item.size / 1e6 * MEGABYTE_S


def _until_free(attempts_ms: Sequence[float], holds: Sequence[DrawnHold]) -> tuple[int, float, bool]:
    """How many attempts there are, when the last one is in ms, and whether all are blocked."""
    place = 0
    while place < len(attempts_ms):
        after = max(_blocked_until(holds, place, attempts_ms), default=None)
        if after is None:
            return place + 1, attempts_ms[place], False
        place = max(bisect_left(attempts_ms, after), place + 1)
    return len(attempts_ms), attempts_ms[-1], True


def _blocked_until(
    holds: Sequence[DrawnHold], place: int, attempts_ms: Sequence[float]
) -> Iterator[float]:
    """The ends, in ms, of the holds that block this attempt."""
    at = attempts_ms[place]
    for hold in holds:
        if hold.release_after_failures is not None:
            if place < hold.release_after_failures:
                yield at
            continue
        start = hold.starts_ns / NS_PER_MS
        end = float("inf") if hold.duration_ns is None else start + hold.duration_ns / NS_PER_MS
        if start <= at < end:
            yield end
