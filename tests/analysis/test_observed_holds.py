"""Hold times: read off attempts, and checked with receipts."""

from __future__ import annotations

import math

from analysis_lab import Op, hold_times_of


def test_it_ended_between_the_last_blocked_attempt_and_the_success() -> None:
    op = Op([(10, 11, 5), (30, 31, 32), (70, 71, 0)], [(2.0, 50.0)], ready_ms=4.0)
    observed = hold_times_of(op)
    row = observed.times.iloc[0]
    assert (row["low_ms"], row["high_ms"], row["first_ms"]) == (26, 66, 6)
    assert (row["true_ms"], row["blocked_attempts"]) == (46, 2)
    assert observed.sentence == (
        "1 of 1 operation blocked: 1 succeeded in the end, 0 did not. "
        "Receipts agree with 1 of 1 of these."
    )


def test_given_up_is_known_only_as_longer() -> None:
    row = hold_times_of(Op([(0, 1, 5), (10, 11, 5)], [(0.0, math.nan)], outcome="exhausted")).times.iloc[
        0
    ]
    assert (row["low_ms"], row["high_ms"], row["true_ms"]) == (10, math.inf, math.inf)


def test_what_was_not_blocked_is_counted_and_says_nothing() -> None:
    observed = hold_times_of(Op([(0, 1, 0)], [(0.0, 50.0)]), Op([(2, 3, 5), (4, 5, 0)], [(2.0, 3.5)]))
    assert (len(observed.times), observed.operations) == (1, 2)
    assert observed.times["operation"].item() == 1


def test_a_code_that_no_hold_causes_is_not_blocked() -> None:
    """ERROR_FILE_NOT_FOUND after a denial: quarantined, and never seen to be released."""
    row = hold_times_of(Op([(0, 1, 5), (10, 11, 2)], outcome="vanished")).times.iloc[0]
    assert (row["low_ms"], row["high_ms"], row["outcome"]) == (0, math.inf, "vanished")
    assert hold_times_of(Op([(0, 1, 2)], outcome="vanished")).times.empty


def test_of_several_calls_the_last_one_blocked_counts() -> None:
    calls = [(0, 1, 5), (10, 11, 0), (12, 13, 33), (20, 21, 33), (30, 31, 0)]
    row = hold_times_of(Op(calls, [(0.0, 9.0), (11.5, 25.0)])).times.iloc[0]
    assert (row["low_ms"], row["high_ms"], row["true_ms"]) == (20, 30, 25)
    assert (row["blocked_attempts"], row["first_ms"]) == (3, 0)


def test_a_hold_that_did_not_block_the_success_did_not_block_it() -> None:
    row = hold_times_of(Op([(0, 1, 5), (10, 11, 0)], [(0.0, 90.0), (0.0, 4.0)])).times.iloc[0]
    assert row["true_ms"] == 4


def test_the_last_hold_that_blocked_it_counts() -> None:
    assert (
        hold_times_of(Op([(0, 1, 5), (10, 11, 0)], [(0.0, 8.0), (0.0, 4.0)])).times["true_ms"].item()
        == 8
    )


def test_a_hold_that_was_over_before_explains_nothing() -> None:
    assert hold_times_of(Op([(6, 7, 5), (10, 11, 0)], [(0.0, 4.0)])).times["true_ms"].isna().item()


def test_without_receipts_nothing_is_checked() -> None:
    observed = hold_times_of(Op([(0, 1, 5), (10, 11, 0)]))
    assert observed.times["true_ms"].isna().all()
    assert "Receipts" not in observed.sentence


def test_receipts_that_disagree_are_said() -> None:
    """By the receipt it was free from 4 ms on, and was denied at 6 ms."""
    late = Op([(3, 3.5, 5), (6, 7, 5), (10, 11, 0)], [(0.0, 4.0)])
    assert "Receipts agree with 0 of 1 of these" in hold_times_of(late).sentence
