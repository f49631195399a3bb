"""The data of the playground: the holds of a run, and the schedules of strategies that software ships.

A hold begins with the first blocked attempt of an operation. Where holds were injected, receipts say
when it ended, and all strategies of a block had the same one, which counts once. Where nothing was
injected its end is not known exactly: it was after the last attempt that failed, and before the one that
succeeded; a replay then gives a best and a worst case.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harness.analysis.failure_runs import KEY, united
from harness.analysis.grouping import case_name, variant_of
from harness.analysis.observed_holds import hold_times
from harness.analysis.selection import Case, case_keys, select
from harness.strategy.catalogue import CatalogueEntry, systems
from harness.strategy.schedules import retries_code, schedule
from harness.strategy.spec import DEFAULT_CODES
from harness.summary.ambient import BLOCKED_CODES

if TYPE_CHECKING:
    import pandas as pd

    from harness.frames.definition import Frames
    from harness.strategy.loop import Strategy

SAMPLE: Final = 5000
"""The most holds of a case on a page: a random sample of all of them."""
JITTERED: Final = 40
"""Schedules of a strategy with random waits: of five times as many, evenly by the last attempt."""
MOST_ATTEMPTS: Final = 3000
MOVING: Final = ("rename", "replace", "any")
"""The operations that a page replays. Strategies for any other are named with it."""
_DRAW: Final = ["run", "block", "factors", "operation"]
_CLASS: Final = ["object", "access", "share"]
_MS_DIGITS: Final = 3  # the record is in microseconds


@dataclass(frozen=True)
class Holds:
    """A sample of the holds of a case. Times are milliseconds from the first blocked attempt.

    `holds` are (Win32 code, end, start, end …): blocked up to the first end, and again within each pair
    that follows; for ambient cases (code, after, by): it ended in between. ``None`` is an end that never
    came. `held` of `operations` were hit by a hold; `unknown` of these are left out, because their holds
    have no known end. `attempt` is the length of a failed attempt.
    """

    holds: list[tuple[Any, ...]]
    held: int
    operations: int
    unknown: int
    attempt: float


def page_data(frames: Frames) -> dict[str, Any]:
    """The data for ``playground.js``, which documents the keys."""
    cases: list[dict[str, Any]] = []
    codes: set[int] = set(DEFAULT_CODES)
    for key in case_keys(frames):
        case = select(frames, **key)
        found = holds_of(case)
        codes |= {row[0] for row in found.holds}
        cases.append({"name": case_name(case.key), "ambient": case.is_ambient, **vars(found)})
    costs = sorted({case["attempt"] for case in cases})
    return {
        "cases": cases,
        "codes": sorted(codes),
        "strategies": [
            _strategy(entry, system.title, sorted(codes), costs)
            for system in systems().values()
            for entry in system.entries
        ],
    }


def _strategy(
    entry: CatalogueEntry, system: str, codes: Iterable[int], costs: Iterable[float]
) -> dict[str, Any]:
    spec, strategy = entry.spec, entry.strategy()
    retried = [code for code in codes if retries_code(strategy, code)]
    code = retried[0] if retried else DEFAULT_CODES[0]
    more = (
        *(spec.around, spec.method, spec.otherwise, spec.fresh_temporary),
        *(spec.while_absent, spec.done_if_there, spec.unless_directory),
    )
    return {
        "id": entry.id,
        "name": f"{system}: {entry.title}" + f" ({entry.operation})" * (entry.operation not in MOVING),
        "notation": entry.notation,
        "codes": retried,
        "more": any(more),
        "schedules": {
            f"{cost:g}": [
                steps(times_ms)
                for times_ms in _schedules(strategy, code, cost, is_random=spec.is_random)
            ]
            for cost in costs
        },
    }


def _schedules(
    strategy: Strategy, code: int, cost_ms: float, *, is_random: bool
) -> list[tuple[float, ...]]:
    """The attempts of a strategy: of those with random waits, the one that ends in the middle first."""

    def draw(seed: int) -> tuple[float, ...]:
        return schedule(
            strategy, code=code, attempt_cost_ms=cost_ms, seed=seed, max_attempts=MOST_ATTEMPTS
        ).attempts_ms

    if not is_random:
        return [draw(0)]
    drawn = sorted(map(draw, range(5 * JITTERED)), key=lambda times_ms: times_ms[-1])[2::5]
    return [*drawn[JITTERED // 2 :], *drawn[: JITTERED // 2]]


def steps(times_ms: Iterable[float]) -> list[int]:
    """The whole microseconds between times, each followed by the length of its run.

    >>> steps([0.0, 10.0, 20.0, 50.0])
    [10000, 2, 30000, 1]
    """
    times = [round(time * 1000) for time in times_ms]
    return [
        number
        for step, found in groupby(after - before for before, after in pairwise(times))
        for number in (step, len(list(found)))
    ]


def holds_of(case: Case, *, most: int = SAMPLE) -> Holds:
    """The holds that hit operations of a case, at most `most` of them."""
    ordered = case.attempts.sort_values([*KEY, "attempt"])
    blocked = ordered[ordered["winerror"].isin(BLOCKED_CODES)]
    first = blocked.drop_duplicates(KEY)[[*KEY, "start_ms", "end_ms", "winerror"]]
    first = _with_draw(first, case)
    length = (blocked["end_ms"] - blocked["start_ms"]).median()
    attempt_ms = 0.1 if math.isnan(length) else max(round(length, 1), 0.1)
    operations = _with_draw(case.operations[KEY], case)
    unknown = 0
    if case.is_ambient:
        first = first[_by_waiting_variants(case, blocked, first)]
        operations = operations[operations["variant"].isin(first["variant"].unique())]
        found = _censored(case, first)
    else:
        first = first.drop_duplicates(_DRAW)
        operations = operations.drop_duplicates(_DRAW)
        found, unknown = _received(case, first)
    return Holds(_sampled(found, most), len(first), len(operations), unknown, attempt_ms)


def _with_draw(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Add the columns of the draw that each row belongs to, and the `variant`."""
    trials = case.trials[["run", "block", "factors"]].astype({"run": str, "factors": str})
    return rows.join(trials.assign(variant=variant_of(case.trials).astype(str)), on="trial")


def _sampled(found: list[Any], most: int) -> list[Any]:
    if len(found) <= most:
        return found
    chosen = np.random.default_rng(0).choice(len(found), most, replace=False)
    return [found[place] for place in sorted(chosen)]


def _by_waiting_variants(case: Case, blocked: pd.DataFrame, first: pd.DataFrame) -> pd.Series[bool]:
    """Select the operations of variants that ever tried again: others never show an end."""
    waited = _with_draw(blocked[blocked.duplicated(KEY)], case)["variant"].unique()
    tried_again = case.trials.index[case.trials["waited_ms"] > 0]
    also = first[first["trial"].isin(tried_again)]["variant"].unique()
    return first["variant"].isin({*waited, *also})


def _censored(case: Case, first: pd.DataFrame) -> list[Any]:
    """(code, after, by): the last attempt that failed, and the one that succeeded, if one did."""
    rows = first.merge(hold_times(case).times, on=KEY, how="left", suffixes=("", "_of_times"))
    after, by = rows["low_ms"] - rows["first_ms"], rows["free_ms"] - rows["first_ms"]
    return [
        (int(code), _written(low), _written(high))
        for code, low, high in zip(rows["winerror"], after, by, strict=True)
    ]


def _received(case: Case, first: pd.DataFrame) -> tuple[list[Any], int]:
    """(code, end, start, end …) from receipts, and the number of holds without a known end."""
    taken = case.holds[case.holds["opened_ms"].notna()].merge(first, on=KEY, how="inner")
    taken = _blocking(taken)
    begun = taken["opened_ms"] - taken["start_ms"]
    ends = taken["released_ms"].fillna(taken["opened_ms"] + taken["duration_ms"]) - taken["start_ms"]
    # an end that was not planned: the hold ends with the strategy's own failures
    by_failures = taken["duration_ms"].isna() & taken["released_ms"].notna()
    gone = case.operations[case.operations["outcome"] == "vanished"]
    gone_draws = set(_with_draw(gone[KEY], case)[_DRAW].itertuples(index=False, name=None))
    unusable = set(taken.loc[by_failures, KEY].itertuples(index=False, name=None))
    spans = taken[KEY].assign(opened_ms=begun, released_ms=ends.fillna(math.inf))
    times: dict[tuple[int, int], list[float | None]] = defaultdict(list)
    for trial, operation, begin, end in united(spans[spans["released_ms"] > 0], KEY).to_numpy():
        times[trial, operation] += [_written(begin), _written(end)]
    rows: list[Any] = []
    draws = first[_DRAW].itertuples(index=False, name=None)
    keys = first[KEY].itertuples(index=False, name=None)
    for code, draw, key in zip(first["winerror"], draws, keys, strict=True):
        if draw in gone_draws:
            rows.append((int(code), None))
        elif key in times and key not in unusable:  # the first begin is that of the first attempt
            rows.append((int(code), *times[key][1:]))
    return rows, len(first) - len(rows)


def _blocking(taken: pd.DataFrame) -> pd.DataFrame:
    """Only holds of kinds that block the calls, where several kinds are held at once.

    A kind (object, access, share) blocks if some call failed while there was no other hold.
    """
    at_first = (taken["opened_ms"] <= taken["end_ms"]) & ~(taken["released_ms"] <= taken["start_ms"])
    open_then = taken[at_first].drop_duplicates([*KEY, *_CLASS])
    alone = open_then[~open_then.duplicated(KEY, keep=False)]
    kinds = set(alone[_CLASS].itertuples(index=False, name=None))
    if not kinds:
        return taken
    blocking = [kind in kinds for kind in taken[_CLASS].itertuples(index=False, name=None)]
    return taken[blocking]


def _written(time_ms: float) -> float | None:
    return None if not math.isfinite(time_ms) else round(float(time_ms), _MS_DIGITS)
