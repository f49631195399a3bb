"""A record is replayed: what cannot have happened is said, and what is only late is not."""

from __future__ import annotations

import random

import pytest

from harness.predict.replay import Replay, replay
from harness.record.trial_record import HoldRecord, OperationRecord
from harness.strategy.notation import parse
from harness.winerror import SHARING_VIOLATION

HELD_US = 20_000
CALL_US = 300


def replayed(*starts_us: int, released_us: int = HELD_US, duration_us: int | None = HELD_US) -> Replay:
    """Attempts at these times of which only the last succeeds, under a hold from 0 on."""
    codes = [*[SHARING_VIOLATION] * (len(starts_us) - 1), 0]
    record = OperationRecord(
        op_id="a",
        kind="replace",
        primitive="move-replace",
        files=1,
        bytes=1,
        outcome="ok",
        dest_state="new",
        ready_us=0,
        ended_us=starts_us[-1] + CALL_US,
        calls=len(starts_us),
        attempts=[
            (start_us, start_us + CALL_US, code) for start_us, code in zip(starts_us, codes, strict=True)
        ],
        holds=[
            HoldRecord(
                object="target",
                access="read",
                share="none",
                planned_us=0,
                duration_us=duration_us,
                opened_us=0,
                released_us=released_us,
            )
        ],
    )
    return replay(record, parse("10ms 9 retries on 32").strategy("ours"), random.Random(0))


def test_a_record_that_follows_from_strategy_and_receipts() -> None:
    found = replayed(0, 10_400, 20_800)
    assert found == Replay("ok", (100, 100), None)


def test_a_success_while_the_file_was_held_for_certain() -> None:
    assert replayed(0, 10_400).differs == "attempt 2 succeeded while the file was held"


def test_a_receipt_that_the_locker_wrote_late_is_no_difference() -> None:
    assert replayed(0, 10_400, 20_800, released_us=25_000).differs is None
    assert replayed(0, 10_400, released_us=25_000).differs is not None


def test_a_hold_without_an_end_of_its_own_lasts_until_its_receipt() -> None:
    assert replayed(0, 10_400, 20_800, duration_us=None, released_us=25_000).differs is not None


@pytest.mark.parametrize("start_us", [21_000, 30_800])
def test_a_failure_after_the_receipt_is_not_the_hold(start_us: int) -> None:
    found = replayed(0, 10_400, start_us, start_us + 10_400)
    assert found.differs == "attempt 3 failed with 32 while nothing was held"
