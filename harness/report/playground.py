"""What the playground replays: the holds of a run, and the schedules of policies that software ships.

A hold is what an operation met: from its first denied attempt on, until when that was so. Where holds
were injected, receipts say so exactly, and all strategies of a block met the same one, which counts
once. Where nothing was injected nobody saw a hold end: it lasted longer than the last attempt that
failed, and not longer than the one that succeeded; a replay then gives a best and a worst case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harness.analysis.selection import select
from harness.report.report_summary import case_name, cases_of, plain
from harness.strategy.catalogue import systems
from harness.strategy.schedules import schedule
from harness.strategy.spec import DEFAULT_CODES
from harness.summary.ambient import HELD_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from harness.analysis.selection import Case
    from harness.frames.definition import Frames
    from harness.strategy.catalogue import CatalogueEntry

SAMPLE: Final = 5000
"""Holds of a case that a page carries at most, drawn evenly from all of them."""
JITTERED: Final = 8
"""Schedules that stand for a policy whose waits are drawn."""
MOST_ATTEMPTS: Final = 3000
OPERATIONS: Final = ("rename", "replace", "any")
"""The policies for what the harness persists by; those for deleting and copying are other questions."""
_DRAW: Final = ["run", "block", "factors", "operation"]
_KEY: Final = ["trial", "operation"]
_CLASS: Final = ["object", "access", "share"]
_MS_DIGITS: Final = 3  # the record is in microseconds


@dataclass(frozen=True)
class Holds:
    """The holds of a case, sampled. Times are milliseconds from the first denied attempt.

    `rows` are (Win32 code, end, start, end …): denied up to the first end, and again within each pair
    that follows; for ambient cases (code, least, most). ``None`` is an end that never came. `held` of
    `operations` met a hold; `unknown` of these are left out, since their holds have no known end.
    `attempt_ms` is how long a failed attempt takes.
    """

    ambient: bool
    rows: list[tuple[Any, ...]]
    held: int
    operations: int
    unknown: int
    attempt_ms: float


def page_data(frames: Frames) -> dict[str, Any]:
    """All that ``playground.js`` is given, as JSON can hold it; it documents the keys."""
    cases: list[dict[str, Any]] = []
    codes: set[int] = set(DEFAULT_CODES)
    for choice in cases_of(frames):
        case = select(frames, **choice)
        holds = holds_of(case, ambient=bool(choice["freshness"]))
        codes |= {row[0] for row in holds.rows}
        cases.append(
            {
                "name": plain(case_name(choice)),
                "ambient": holds.ambient,
                "holds": holds.rows,
                "held": holds.held,
                "operations": holds.operations,
                "unknown": holds.unknown,
                "attempt": holds.attempt_ms,
            }
        )
    costs = sorted({case["attempt"] for case in cases})
    return {
        "cases": cases,
        "codes": sorted(codes),
        "policies": [
            _policy(policy, title, sorted(codes), costs)
            for title, policies in ((each.title, each.entries) for each in systems().values())
            for policy in policies
            if policy.operation in OPERATIONS
        ],
    }


def _policy(
    policy: CatalogueEntry, system: str, codes: Iterable[int], costs: Iterable[float]
) -> dict[str, Any]:
    spec, strategy = policy.spec, policy.strategy()
    retried = [
        code for code in codes if len(schedule(strategy, code=code, max_attempts=2).attempts_ms) > 1
    ]
    seeds = range(JITTERED if spec.is_random else 1)
    more = (
        *(spec.around, spec.method, spec.else_copy, spec.fresh_temporary),
        *(spec.while_absent, spec.unless_directory),
    )
    return {
        "id": policy.id,
        "name": f"{system}: {policy.title}",
        "sentence": policy.notation,
        "codes": retried,
        "more": any(more),
        "schedules": {
            f"{cost:g}": [
                steps(
                    schedule(
                        strategy,
                        code=retried[0] if retried else DEFAULT_CODES[0],
                        attempt_cost_ms=cost,
                        seed=seed,
                        max_attempts=MOST_ATTEMPTS,
                    ).attempts_ms
                )
                for seed in seeds
            ]
            for cost in costs
        },
    }


def steps(times_ms: Iterable[float]) -> list[int]:
    """Times as whole microseconds between them, each followed by how often it comes in a row.

    >>> steps([0.0, 10.0, 20.0, 50.0])
    [10000, 2, 30000, 1]
    """
    times = [round(time * 1000) for time in times_ms]
    return [
        number
        for step, found in groupby(after - before for before, after in pairwise(times))
        for number in (step, len(list(found)))
    ]


def holds_of(case: Case, *, ambient: bool, most: int = SAMPLE) -> Holds:
    """The holds that the operations of a case met, at most `most` of them."""
    ordered = case.attempts.sort_values([*_KEY, "attempt"])
    denied = ordered[ordered["winerror"].isin(HELD_CODES)]
    first = denied.drop_duplicates(_KEY)[[*_KEY, "start_ms", "end_ms", "winerror"]]
    first = _with_draw(first, case)
    lasts = (denied["end_ms"] - denied["start_ms"]).median()
    attempt_ms = 0.1 if math.isnan(lasts) else max(round(lasts, 1), 0.1)
    operations = _with_draw(case.operations[_KEY], case)
    if ambient:
        first = first[_by_those_who_wait(case, denied, first)]
        operations = operations[operations["variant"].isin(first["variant"].unique())]
        found = _censored(ordered, denied, first)
        return Holds(True, _sampled(found, most), len(first), len(operations), 0, attempt_ms)
    first = first.drop_duplicates(_DRAW)
    found, unknown = _received(case, first)
    return Holds(
        False,
        _sampled(found, most),
        len(first),
        len(operations.drop_duplicates(_DRAW)),
        unknown,
        attempt_ms,
    )


def _with_draw(rows: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Add the draw that each row belongs to, and the `variant`."""
    trials = case.trials[["run", "block", "factors", "strategy"]].astype(
        {"run": str, "factors": str, "strategy": str}
    )
    trials["variant"] = trials["strategy"] + "\n" + trials["factors"]
    return rows.join(trials, on="trial")


def _sampled(found: list[Any], most: int) -> list[Any]:
    if len(found) <= most:
        return found
    chosen = np.random.default_rng(0).choice(len(found), most, replace=False)
    return [found[place] for place in sorted(chosen)]


def _by_those_who_wait(case: Case, denied: pd.DataFrame, first: pd.DataFrame) -> pd.Series[bool]:
    """Select the operations of variants that ever tried again: others see no hold end."""
    waited = _with_draw(denied[denied.duplicated(_KEY)], case)["variant"].unique()
    tried_again = case.trials.index[case.trials["waited_ms"] > 0]
    also = first[first["trial"].isin(tried_again)]["variant"].unique()
    return first["variant"].isin({*waited, *also})


def _censored(ordered: pd.DataFrame, denied: pd.DataFrame, first: pd.DataFrame) -> list[Any]:
    """(code, least, most): the last attempt that failed, and the one that succeeded, if one did."""
    keyed = first.set_index(_KEY)
    last = denied.drop_duplicates(_KEY, keep="last").set_index(_KEY)["start_ms"]
    done = ordered[ordered["winerror"] == 0].drop_duplicates(_KEY, keep="last")
    done_ms = done.set_index(_KEY)["end_ms"].reindex(keyed.index)
    least = last.reindex(keyed.index) - keyed["start_ms"]
    most = done_ms - keyed["start_ms"]
    return [
        (int(code), _written(low), _written(high))
        for code, low, high in zip(keyed["winerror"], least, most, strict=True)
    ]


def _received(case: Case, first: pd.DataFrame) -> tuple[list[Any], int]:
    """(code, end, start, end …) from receipts; and how many have no end that can be known."""
    taken = case.holds[case.holds["opened_ms"].notna()].merge(first, on=_KEY, how="inner")
    taken = _minded(taken)
    begun = taken["opened_ms"] - taken["start_ms"]
    ends = taken["released_ms"].fillna(taken["opened_ms"] + taken["duration_ms"]) - taken["start_ms"]
    # an end that nobody ordered: a hold that ends with the strategy's own failures
    by_failures = taken["duration_ms"].isna() & taken["released_ms"].notna()
    gone = case.operations[case.operations["outcome"] == "vanished"]
    gone_draws = set(_with_draw(gone[_KEY], case)[_DRAW].itertuples(index=False, name=None))
    spans: dict[tuple[int, int], list[tuple[float, float]]] = {}
    unusable = {*zip(taken.loc[by_failures, "trial"], taken.loc[by_failures, "operation"], strict=True)}
    for trial, operation, begin, end in zip(
        taken["trial"], taken["operation"], begun, ends.fillna(math.inf), strict=True
    ):
        if end > 0:
            spans.setdefault((trial, operation), []).append((begin, end))
    rows: list[Any] = []
    draws = first[_DRAW].itertuples(index=False, name=None)
    keys = zip(first["trial"], first["operation"], strict=True)
    for code, draw, key in zip(first["winerror"], draws, keys, strict=True):
        if draw in gone_draws:
            rows.append((int(code), None))
        elif key in spans and key not in unusable:
            rows.append((int(code), *_united(spans[key])))
    return rows, len(first) - len(rows)


def _minded(taken: pd.DataFrame) -> pd.DataFrame:
    """Only holds of a kind that the calls minded, where several kinds are held at once.

    A kind (object, access, share) is minded if some call was denied while nothing else was held.
    """
    at_first = (taken["opened_ms"] <= taken["end_ms"]) & ~(taken["released_ms"] <= taken["start_ms"])
    open_then = taken[at_first].drop_duplicates([*_KEY, *_CLASS])
    alone = open_then[~open_then.duplicated(_KEY, keep=False)]
    kinds = set(alone[_CLASS].itertuples(index=False, name=None))
    if not kinds:
        return taken
    is_minded = [kind in kinds for kind in taken[_CLASS].itertuples(index=False, name=None)]
    return taken[is_minded]


def _united(spans: list[tuple[float, float]]) -> list[float | None]:
    """The end of the first stretch, then start and end of what follows after a gap."""
    ordered = sorted(spans)
    merged = [[0.0, ordered[0][1]]]  # something was there at the first attempt, which was denied
    for begin, end in ordered[1:]:
        if begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    return [_written(time) for time in np.ravel(merged)[1:]]


def _written(time_ms: float) -> float | None:
    return None if not math.isfinite(time_ms) else round(float(time_ms), _MS_DIGITS)
