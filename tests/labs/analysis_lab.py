"""Frames for tests of analyses, made by hand: typed like those of runs (`frames.TABLES`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from harness.analysis import HoldTimes, hold_times, select
from harness.frames.definition import BLOCK, TABLES, Frames

if TYPE_CHECKING:
    Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

DEFAULTS: Final[dict[str, object]] = {
    "run": "r",
    "platform": "emulated",
    "rules": "",
    "antivirus": "unknown",
    "freshness": "",
    "scenario": "s",
    "profile": "p",
    "strategy": "a",
    "factors": "",
    "block": 0,
    "position": 0,
    "outcome": "ok",
    "void": False,
    "elapsed_ms": 1.0,
    "attempts": 1,
    "max_attempts": 1,
    "calls": 1,
    "operations": 1,
    "waited_ms": 0.0,
    "leftover_files": 0,
    "leftover_bytes": 0,
    "held": True,
    "left": "",
    "rerun_outcome": "",
    "rerun_ms": math.nan,
    "stage_cost_ms": 0.0,
    "persist_cost_ms": 0.0,
    "verify_cost_ms": 0.0,
}


MEANING: Final = {
    "strategies": "",
    "resolution_ms": 0.3,
    "margin_failures": 0.01,
    "margin_time": 0.1,
}
"""What differences mean in every scenario."""


def trials_of(rows: int | None = None, /, **columns: object) -> pd.DataFrame:
    """Trials with these columns (scalars are repeated), all others as in `DEFAULTS`."""
    if rows is None:
        rows = max((len(value) for value in columns.values() if not np.isscalar(value)), default=1)  # type: ignore[arg-type]
    index = pd.RangeIndex(rows, name="trial")
    return typed("trials", _with_draws(pd.DataFrame({**DEFAULTS, **columns}, index=index)), index)


def _with_draws(trials: pd.DataFrame) -> pd.DataFrame:
    """Give each block of each run a draw of its own, unless the trials say which they have."""
    if "draw" not in trials:
        trials["draw"] = [
            "/".join(map(str, block)) for block in trials[[*BLOCK]].itertuples(index=False)
        ]
    return trials


def typed(
    table: str, columns: Mapping[str, object] | pd.DataFrame, index: pd.Index[int]
) -> pd.DataFrame:
    """A frame of this table; columns that are not given are an error."""
    frame = pd.DataFrame(columns, index=index)
    described = [column for column in TABLES[table] if column.name != index.name]
    return frame[[column.name for column in described]].astype(
        {column.name: "object" if column.type == "str" else column.type for column in described}
    )


@dataclass(frozen=True)
class Op:
    """One operation: its attempts (start, end, Win32 code) and holds (opened, closed), in milliseconds.

    It was ready at `ready_ms`, and ended with its last attempt, or at `ended_ms`. A hold that was not
    given back before the trial's end has NaN as its end, one that was not taken NaN twice.
    """

    attempts: Sequence[tuple[float, float, int]] = ((0.0, 1.0, 0),)
    holds: Sequence[tuple[float, float]] = ()
    outcome: str = "ok"
    ready_ms: float = 0.0
    ended_ms: float | None = None
    calls: int | None = None


def frames_of(
    trials: Sequence[tuple[Mapping[str, object], Sequence[Op]]],
    *,
    planned: int | None = None,
    evidence: Sequence[tuple[str, int, str, str]] = (),
) -> Frames:
    """Frames of trials (their columns, their operations).

    `evidence` has rows of profile, hold, parameter and evidence, the same for all runs.
    """
    operations: list[dict[str, object]] = []
    attempts: list[dict[str, object]] = []
    holds: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for trial, (about, ops) in enumerate(trials):
        attempted = [len(op.attempts) for op in ops]
        counts = {"attempts": sum(attempted), "max_attempts": max([1, *attempted])}
        rows.append({**DEFAULTS, **counts, **about})
        for number, op in enumerate(ops):
            key = {"trial": trial, "operation": number}
            last = op.attempts[-1][1] if op.attempts else op.ready_ms
            operations.append(
                {
                    **key,
                    "op_id": f"x/{number}-rename",
                    "kind": "rename",
                    "primitive": "move",
                    "outcome": op.outcome,
                    "dest_state": "new",
                    "by": "",
                    "files": 1,
                    "bytes": 1,
                    "ready_ms": op.ready_ms,
                    "ended_ms": last if op.ended_ms is None else op.ended_ms,
                    "calls": len(op.attempts) if op.calls is None else op.calls,
                }
            )
            attempts += [
                {**key, "attempt": place, "start_ms": start, "end_ms": end, "winerror": code}
                for place, (start, end, code) in enumerate(op.attempts, 1)
            ]
            holds += [
                {
                    **key,
                    "hold": place,
                    "object": "child",
                    "access": "read",
                    "share": "none",
                    "planned_ms": opened,
                    "duration_ms": closed - opened,
                    "opened_ms": opened,
                    "released_ms": closed,
                    "error": None,
                }
                for place, (opened, closed) in enumerate(op.holds)
            ]
    tables = {"operations": operations, "attempts": attempts, "holds": holds}
    details = {name: _table(name, found) for name, found in tables.items()}
    made = pd.DataFrame(rows, columns=list(rows[0]) if rows else list(DEFAULTS))
    table = typed("trials", _with_draws(made), pd.RangeIndex(len(rows), name="trial"))
    runs = table.groupby("run", observed=True).first().reset_index()
    about_runs = {
        "run": runs["run"],
        "id": runs["run"],
        "platform": runs["platform"],
        "rules": runs["rules"],
        "antivirus": runs["antivirus"],
        "antivirus_evidence": "",
        "started": "",
        "seed": 1,
        "harness_version": "",
        "trials": len(rows),
        "planned": planned,
        "torn": 0,
        "damaged": 0,
        "damage": "",
        "manifest": "intact",
    }
    profiles = [
        {"run": run, "profile": name, "hold": hold, "parameter": part, "evidence": kind}
        for run in runs["run"]
        for name, hold, part, kind in evidence
    ]
    pairs = table[["run", "scenario"]].drop_duplicates()
    scenarios = [{"run": run, "scenario": name} for run, name in pairs.itertuples(index=False)]
    return Frames(
        trials=table,
        read=details.__getitem__,
        runs=typed("runs", about_runs, runs.index).set_index("run"),
        profiles=_table("profiles", [{**row, "source": "", "title": ""} for row in profiles]),
        scenarios=_table("scenarios", [{**MEANING, **row} for row in scenarios]),
    )


def hold_times_of(*operations: Op, **about: object) -> HoldTimes:
    """What one trial with these operations shows."""
    return hold_times(select(frames_of([(about, operations)])))


def watched(holds: Floats, schedule: Floats, *, per_block: int = 1) -> HoldTimes:
    """What a strategy with these attempts sees of holds from 0 on; so many operations in a block."""
    after = np.searchsorted(schedule, holds)
    times = pd.DataFrame(
        {
            "run": "r",
            "block": np.arange(len(holds)) // per_block,
            "draw": np.arange(len(holds)) // per_block,
            "low_ms": schedule[after - 1],
            "high_ms": np.r_[schedule, np.inf][after],
        }
    )
    return HoldTimes(times, len(times))


def _table(name: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    columns = [column.name for column in TABLES[name]]
    return typed(name, pd.DataFrame(rows, columns=columns), pd.RangeIndex(len(rows)))
