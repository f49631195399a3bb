"""Tables of times stay small, and only ever say less than what was put in, never more."""

from __future__ import annotations

import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.holds.milliseconds import DAY_MS
from harness.observe.hold_table import MOST_BYTES, HoldTable, Row
from harness.tune.holds_csv import read_holds_csv

TIMES = st.floats(0, DAY_MS)


def _covers(row: Row, low: float, high: float) -> bool:
    return row.low_ms <= low and high <= row.high_ms


@given(st.lists(st.tuples(TIMES, TIMES).map(sorted), min_size=1, max_size=300))
def test_every_time_is_within_a_row_after_all_widening(times: list[list[float]]) -> None:
    table = HoldTable()
    for low, high in times:
        table.add("rename", low, high, code=5)
    small = table.small()
    assert len(small.csv().encode()) <= MOST_BYTES
    assert small.total == table.total == len(times)
    for low, high in times:
        assert any(_covers(row, low, high) for row in small.rows())


def test_ten_thousand_different_times_fit_into_the_file() -> None:
    table = HoldTable()
    for number in range(30_000):
        table.add("scan", number * 0.37, number * 0.37 + 3.1, code=number % 40)
    assert len(table.small().csv().encode()) <= MOST_BYTES
    assert table.total == 30_000


def test_a_time_that_was_not_seen_to_end_is_empty_in_the_file() -> None:
    table = HoldTable()
    table.add("rename", 10_230, math.inf, code=5)
    table.add("rename", 10, 2 * DAY_MS)
    assert table.csv().splitlines()[1:] == ["10,,1,,rename", "10200,,1,5,rename"]


def test_of_a_bound_the_file_has_the_longest_that_is_possible() -> None:
    table = HoldTable()
    table.add("scan-bound", 1, 80, count=7)
    table.add("scan-bound", 3, 80, count=2)
    assert table.csv().splitlines()[1:] == ["80,80,9,,scan-bound"]
    assert [row.low_ms for row in table.rows()] == [1, 3]


def test_counts_beyond_what_a_row_may_have_are_spread() -> None:
    table = HoldTable()
    table.add("scan", 1, 2, count=2_500_000_000)
    lines = table.csv().splitlines()[1:]
    assert lines == ["1,2,1000000000,,scan", "1,2,1000000000,,scan", "1,2,500000000,,scan"]


def test_the_time_by_which_a_share_had_ended_is_an_upper_bound() -> None:
    table = HoldTable()
    for number in range(1, 101):
        table.add("scan", number / 2, number)
    assert table.within(0.5) == 50
    assert table.within(1.0) == 100
    table.add("scan", 5, math.inf)
    assert table.within(1.0) == math.inf


def test_tune_takes_what_is_written(tmp_path: Path) -> None:
    table = HoldTable()
    table.add("rename", 30, 70, code=5, count=3)
    table.add("rename", 10_230, math.inf, code=5)
    path = tmp_path / "holds.csv"
    path.write_text(table.csv(), encoding="utf-8")
    read = read_holds_csv(path)
    assert read.operations == 4
    assert read.code_shares == {5: 1.0}
    assert list(read.high_ms) == [70, math.inf]
