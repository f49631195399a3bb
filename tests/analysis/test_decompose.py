"""The parts of the time of trials: work, waiting while held, overshoot, and what is unknown."""

from __future__ import annotations

import math

import pytest
from analysis_lab import Op, frames_of
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis import decomposition, mean_decomposition, select
from harness.analysis.decompose import NO_RECEIPTS, PARTS, UNEXPLAINED


def parts(*operations: Op, elapsed_ms: float = 1.0, **about: object) -> dict[str, object]:
    """The decomposition of one trial with these operations."""
    case = select(frames_of([({"elapsed_ms": elapsed_ms, **about}, operations)]))
    row = decomposition(case).iloc[0]
    return {str(name): value for name, value in row.items()}


def test_waiting_is_overshoot_after_the_release() -> None:
    """Ready at 2; calls 3-4, 14-15 and 35-36; held from 0 to 20."""
    row = parts(Op([(3, 4, 5), (14, 15, 32), (35, 36, 0)], [(0.0, 20.0)], ready_ms=2.0))
    assert row["operations_ms"] == 34
    assert row["pause_ms"] == 1
    assert row["work_ms"] == 3
    assert row["held_ms"] == 10 + 5
    assert row["overshoot_ms"] == 15
    assert row["waited_ms"] == 30
    assert row["attempts"] == 3
    assert row["unknown"] == ""


def test_what_holds_at_the_same_time_is_counted_once() -> None:
    row = parts(Op([(0, 0, 5), (30, 30, 0)], [(0.0, 10.0), (5.0, 12.0), (11.0, 20.0)]))
    assert (row["held_ms"], row["overshoot_ms"]) == (20, 10)


def test_a_gap_between_holds_was_free() -> None:
    row = parts(Op([(0, 0, 5), (15, 15, 5), (30, 30, 0)], [(0.0, 5.0), (12.0, 20.0)]))
    assert (row["held_ms"], row["overshoot_ms"]) == (5 + 3 + 5, 17)


def test_a_hold_that_did_not_block_the_success_explains_no_waiting() -> None:
    row = parts(Op([(0, 0, 5), (30, 30, 0)], [(0.0, 10.0), (0.0, 90.0)]))
    assert (row["held_ms"], row["overshoot_ms"]) == (10, 20)


def test_under_a_hold_that_outlasts_the_trial_no_waiting_is_overshoot() -> None:
    op = Op([(0, 1, 5), (11, 12, 5)], [(0.0, math.nan)], outcome="exhausted", ended_ms=20.0)
    row = parts(op, outcome="exhausted")
    assert (row["held_ms"], row["overshoot_ms"], row["work_ms"]) == (18, 0, 2)


def test_without_receipts_it_says_so() -> None:
    row = parts(Op([(0, 1, 5), (11, 12, 0)]))
    assert math.isnan(float(str(row["held_ms"])))
    assert math.isnan(float(str(row["overshoot_ms"])))
    assert (row["waited_ms"], row["work_ms"], row["unknown"]) == (10, 2, NO_RECEIPTS)


def test_receipts_that_do_not_explain_a_blocked_attempt_are_not_used() -> None:
    row = parts(Op([(0, 1, 5), (11, 12, 5), (21, 22, 0)], [(0.0, 5.0)]))
    assert row["unknown"] == UNEXPLAINED
    assert math.isnan(float(str(row["held_ms"])))


def test_where_nothing_was_blocked_all_is_known_without_receipts() -> None:
    row = parts(Op([(0, 1, 0)]))
    assert (row["work_ms"], row["held_ms"], row["overshoot_ms"], row["unknown"]) == (1, 0, 0, "")


def test_without_waiting_there_is_no_overshoot() -> None:
    row = parts(Op([(0, 1, 5)], outcome="not-retried"))
    assert (row["held_ms"], row["overshoot_ms"], row["unknown"]) == (0, 0, "")


def test_waiting_after_an_error_that_no_hold_causes_is_overshoot() -> None:
    row = parts(Op([(0, 1, 183), (11, 12, 0)]))
    assert (row["held_ms"], row["overshoot_ms"], row["unknown"]) == (0, 10, "")


def test_calls_that_are_not_listed_are_work() -> None:
    row = parts(Op([(5, 6, 5), (16, 17, 0)], [(0.0, 10.0)], calls=808, ended_ms=240.0))
    assert row["pause_ms"] == 0
    assert row["work_ms"] == 230
    assert parts(Op([], calls=808, ended_ms=240.0))["work_ms"] == 240


def test_operations_add_up() -> None:
    ops = [
        Op([(0, 1, 5), (11, 12, 0)], [(0.0, 5.0)]),
        Op([(12, 13, 5), (20, 21, 0)], [(12.0, 15.0)], ready_ms=12.0),
    ]
    row = parts(*ops)
    assert row["operations_ms"] == 21
    assert (row["held_ms"], row["overshoot_ms"]) == (4 + 2, 6 + 5)


@st.composite
def operations(draw: st.DrawFn) -> Op:
    """An operation that waits for a hold from 0 to somewhere, whatever its waits."""
    ready = draw(st.floats(0, 5))
    at, attempts = ready + draw(st.floats(0, 5)), []
    hold = draw(st.floats(0, 100))
    for _ in range(draw(st.integers(1, 8))):
        length = draw(st.floats(0, 3))
        held = at < hold
        attempts.append((at, at + length, 5 if held else 0))
        if not held:
            break
        at += length + draw(st.floats(0, 40))
    return Op(attempts, [(0.0, hold)], ready_ms=ready)


@settings(max_examples=15)
@given(st.lists(operations(), min_size=1, max_size=10))
def test_the_parts_are_the_whole(ops: list[Op]) -> None:
    rows = decomposition(select(frames_of([({"block": block}, [op]) for block, op in enumerate(ops)])))
    assert rows[list(PARTS)].sum(axis=1).to_list() == pytest.approx(rows["operations_ms"].to_list())
    assert (rows[list(PARTS)] >= -1e-9).all(axis=None)
    assert (rows["unknown"] == "").all()
    for op, found in zip(ops, rows["overshoot_ms"], strict=True):
        (_, released) = op.holds[0]
        waits = zip(op.attempts, op.attempts[1:], strict=False)
        overshoot = sum(after[0] - max(before[1], min(released, after[0])) for before, after in waits)
        assert found == pytest.approx(overshoot, abs=1e-6)


def test_variants_have_means_and_say_of_how_many_the_waiting_is_known() -> None:
    blocked = Op([(0, 1, 5), (11, 12, 0)], [(0.0, 5.0)])
    odd = Op([(0, 1, 5), (21, 22, 0)], [(40.0, 50.0)])
    trials = [
        ({"strategy": "a", "block": 0}, [blocked]),
        ({"strategy": "a", "block": 1}, [odd]),
        ({"strategy": "b", "block": 0}, [Op([(0, 3, 0)])]),
    ]
    rows = mean_decomposition(select(frames_of(trials)))
    assert list(rows.index) == ["a", "b"]
    assert list(rows["trials"]) == [2, 1]
    assert list(rows["waited_ms"]) == [15, 0]
    assert list(rows["known"]) == [1, 1]
    assert list(rows["held_ms"]) == [4, 0]
    assert list(rows["overshoot_ms"]) == [6, 0]
    assert list(rows["unknown"]) == [UNEXPLAINED, ""]
    assert list(rows["attempts"]) == [2, 1]


def test_no_trials_give_no_rows() -> None:
    case = select(frames_of([]))
    assert decomposition(case).empty
    assert mean_decomposition(case).empty
