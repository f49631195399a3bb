"""Holds from runs: what the attempts of one case show, and receipts where holds were injected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.failure_runs import KEY
from harness.analysis.grouping import case_name
from harness.analysis.observed_holds import hold_times
from harness.analysis.selection import Choice, case_keys, select
from harness.errors import InvalidInputError
from harness.frames.observations import block_numbers, draw_numbers
from harness.summary.ambient import BLOCKED_CODES
from harness.text import counted, joined
from harness.tune.observed import Observations
from harness.tune.question import DECLARED, CallTime

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case
    from harness.frames.definition import Frames

_BEGUN_MS: Final = 1.0
"""A hold that was taken this much after the first attempt began later."""


def one_case_of(frames: Frames, scenario: str | None, profile: str | None) -> Case:
    """Return the case that is named. Raises `InvalidInputError` where that leaves several."""
    chosen = Choice()
    if scenario is not None:
        chosen["scenario"] = scenario
    if profile is not None:
        chosen["profile"] = profile
    kept = [
        key for key in case_keys(frames) if all(key.get(name) == each for name, each in chosen.items())
    ]
    if len(kept) > 1:
        named = {
            name: sorted({str(key.get(name)) for key in kept})
            for name in ("platform", "scenario", "profile")
        }
        several = {name: values for name, values in named.items() if len(values) > 1}
        shown = "; ".join(f"{name}s {joined(values)}" for name, values in several.items())
        options = " ".join(
            f"--{name} {values[0]}" for name, values in several.items() if name != "platform"
        )
        hint = (
            f"Choose one, such as {options}."
            if options
            else "Name runs of one platform and one machine."
        )
        raise InvalidInputError(
            f"these runs have several cases, which are never mixed: {shown or 'different machines'}",
            hint=hint,
        )
    return select(frames, **chosen)


def recorded_holds(case: Case) -> Observations:
    """Return when the operations of a case became possible, counted from their first attempts.

    Where holds are injected, every variant of a block meets the same hold of an operation: that is one
    observation, with its end as receipts have it. Raises `InvalidInputError` for holds that make success
    not monotone in time.
    """
    name = case_name(case.key)
    rows = _operations(case)
    _check_monotone(case, rows, name)
    if not case.is_ambient:
        rows = _once_per_draw(rows)
    held = rows["low"].notna().to_numpy()
    receipts = "" if case.is_ambient else "; their ends are those of receipts, so the profile's own"
    draws = counted(rows["draw"].nunique(), "block" if case.is_ambient else "draw")
    return Observations(
        rows["low"].fillna(0).clip(lower=0).to_numpy(np.float64),
        rows["high"].fillna(0).to_numpy(np.float64),
        rows["code"].where(rows["low"].notna(), 0).to_numpy(np.int64),
        np.ones(len(rows)),
        rows["draw"].to_numpy(np.int64),
        source=name,
        conditional=(
            f"{name}: {held.sum():,} of {counted(len(rows), 'operation')} held, in {draws}{receipts}",
        ),
    )


def recorded_call(case: Case) -> CallTime:
    """Return how long a call takes: as its scenario declares, or where calls are real as measured."""
    if case.key.get("platform") == "emulated":
        return CallTime(case.resolution_ms, "declared by the scenario, not measured")
    blocked = _blocked(case)
    if blocked.empty:
        return DECLARED
    lengths = blocked["end_ms"] - blocked["start_ms"]
    return CallTime(
        round(float(lengths.median()), 3), f"measured: median of {counted(len(blocked), 'blocked call')}"
    )


def first_errors(case: Case) -> pd.Series:
    """Return the first error of each operation that was blocked, by trial and operation."""
    return _blocked(case).sort_values([*KEY, "attempt"]).groupby(KEY)["winerror"].first()


def _blocked(case: Case) -> pd.DataFrame:
    return case.attempts[case.attempts["winerror"].isin(BLOCKED_CODES)]


def _operations(case: Case) -> pd.DataFrame:
    """Return one row per operation: `draw`, `op_id`, `code`, and `low`, `high`, `end` if it was held."""
    numbers = block_numbers(case.trials) if case.is_ambient else draw_numbers(case.trials)
    rows = case.operations[[*KEY, "op_id", "ready_ms"]].join(
        case.trials[[]].assign(draw=numbers), on="trial"
    )
    times = hold_times(case).times.set_index(KEY)[["first_ms", "low_ms", "high_ms", "true_ms"]]
    rows = rows.join(first_errors(case).rename("code"), on=KEY).join(times, on=KEY)
    return rows.assign(
        op_id=rows["op_id"].astype(str),
        low=rows["low_ms"] - rows["first_ms"],
        high=rows["high_ms"] - rows["first_ms"],
        end=rows["true_ms"].where(np.isfinite(rows["true_ms"])) - rows["first_ms"],
    )


def _once_per_draw(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per operation and draw, whichever variants made it."""
    found = (
        rows.groupby(["draw", "op_id"])
        .agg(low=("low", "max"), high=("high", "min"), end=("end", "median"), code=("code", "first"))
        .reset_index()
    )
    known = found["end"].notna()
    found.loc[known, "low"] = found.loc[known, "end"]
    found.loc[known, "high"] = found.loc[known, "end"]
    # in real time, the variants of a draw do not agree to the last millisecond
    found["low"] = np.minimum(found["low"], found["high"])
    return found


def _check_monotone(case: Case, rows: pd.DataFrame, name: str) -> None:
    """Refuse holds that began after the first attempt on operations that were held before."""
    taken = case.holds[case.holds["opened_ms"].notna()]
    ready = rows[rows["low"].notna()].set_index(KEY)[["ready_ms", "first_ms"]]
    begun = taken.join(ready, on=KEY, how="inner")
    late = begun["opened_ms"] > begun["ready_ms"] + begun["first_ms"] + _BEGUN_MS
    if late.any():
        raise InvalidInputError(
            f"{name}: holds began after the first attempt on {int(late.sum()):,} operations that were "
            "held before, so an operation that is possible may become impossible again",
            hint="The best schedule is known only where that does not happen. Compare strategies by "
            "running them: harness run SCENARIO --strategy NAME.",
        )
