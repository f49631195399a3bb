"""Runs with made-up trials, for tests of what is read back: records of every kind that there can be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st
from record_lab import manifest_of

from harness.holds.profile import Freshness
from harness.record.check_sum import sealed
from harness.record.trial_record import (
    AttemptTimes,
    Cost,
    DestState,
    HoldRecord,
    Leftovers,
    OperationOutcome,
    OperationRecord,
    Outcome,
    Rerun,
    TrialRecord,
)

NAMES = st.sampled_from(["plain", "exponential", "=1+1", "@a", "ü €", "a, b", 'q"uote', ""])
TIMES = st.integers(0, 10**9)
CODES = st.sampled_from([0, 5, 32, 33, 2**31 - 1])


@st.composite
def attempts(draw: st.DrawFn) -> list[AttemptTimes]:
    times = sorted(draw(st.lists(TIMES, max_size=8)))
    return [(start, end, draw(CODES)) for start, end in zip(times[::2], times[1::2], strict=False)]


HOLDS = st.builds(
    HoldRecord,
    object=NAMES,
    access=NAMES,
    share=NAMES,
    planned_us=TIMES,
    duration_us=st.none() | TIMES,
    opened_us=st.none() | TIMES,
    released_us=st.none() | TIMES,
    error=st.none() | CODES,
)
OPERATIONS = st.builds(
    OperationRecord,
    op_id=NAMES,
    kind=NAMES,
    primitive=NAMES,
    files=TIMES,
    bytes=st.integers(0, 2**50),
    outcome=st.sampled_from(get_args(OperationOutcome)),
    dest_state=st.sampled_from(get_args(DestState)),
    ready_us=TIMES,
    ended_us=TIMES,
    calls=st.integers(0, 2**31 - 1),
    attempts=attempts(),
    holds=st.lists(HOLDS, max_size=3),
    by=st.none() | NAMES,
)
MILLISECONDS = st.floats(0, 1e9)
OUTCOMES = st.sampled_from(get_args(Outcome))
TRIALS = st.builds(
    TrialRecord,
    schema=st.just(TrialRecord.model_fields["schema_version"].default),
    trial_id=st.uuids().map(str),
    scenario=NAMES,
    profile=NAMES,
    block=st.integers(0, 3),
    position=st.integers(0, 9),
    strategy=NAMES,
    factors=st.dictionaries(st.sampled_from(["link_mode", "primitive", "other"]), NAMES, max_size=3),
    freshness=st.none() | st.sampled_from(get_args(Freshness)),
    platform=st.just("emulated"),
    outcome=OUTCOMES,
    void=st.none() | st.none() | st.just("a reason"),
    elapsed_ms=MILLISECONDS,
    operations=st.lists(OPERATIONS, max_size=3),
    leftovers=st.builds(Leftovers, files=TIMES, bytes=TIMES),
    rerun=st.none()
    | st.builds(
        Rerun, outcome=OUTCOMES, elapsed_ms=MILLISECONDS, dest_state=st.sampled_from(get_args(DestState))
    ),
    cost_us=st.builds(Cost, stage=TIMES, persist=TIMES, verify=TIMES),
)
JOURNALS = st.lists(TRIALS, max_size=12, unique_by=lambda trial: trial.place)


def trial(number: int = 0, **changes: Any) -> TrialRecord:
    """One trial with one operation of two attempts under one hold, but for `changes`."""
    given: dict[str, Any] = {
        "trial_id": f"made/{number}",
        "scenario": "made",
        "profile": "brief",
        "block": number,
        "position": 0,
        "strategy": "plain",
        "factors": {},
        "platform": "emulated",
        "outcome": "ok",
        "elapsed_ms": 10.6,
        "operations": [operation()],
        "leftovers": {"files": 0, "bytes": 0},
        "cost_us": {"stage": 1, "persist": 2, "verify": 3},
    }
    return TrialRecord.model_validate({**given, **changes})


def operation(**changes: Any) -> dict[str, Any]:
    return {
        "op_id": "entry/0-rename",
        "kind": "rename",
        "primitive": "move",
        "files": 1,
        "bytes": 10,
        "outcome": "ok",
        "dest_state": "new",
        "ready_us": 0,
        "ended_us": 10600,
        "calls": 2,
        "attempts": [(0, 300, 32), (10300, 10600, 0)],
        "holds": [
            {
                "object": "source",
                "access": "read",
                "share": "r",
                "planned_us": 0,
                "duration_us": 7000,
                "opened_us": 0,
                "released_us": 7000,
            }
        ],
        **changes,
    }


def write_journal(folder: Path, trials: Sequence[TrialRecord]) -> Path:
    """Write trials as those of the run in `folder`, whichever they are of."""
    path = folder / "journal.jsonl"
    run = manifest_of(folder)["run"]
    own = (trial.model_copy(update={"run": run}) for trial in trials)
    path.write_bytes(b"".join(sealed(trial.to_line().encode()) + b"\n" for trial in own))
    return path
