"""Frames from parts: all rows in their order, in the types of their columns; parts stay as given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.frames.building import Builder, Coded, Fault
from harness.frames.definition import TABLES

HOLD: dict[str, object] = {
    "trial": 0,
    "operation": 0,
    "hold": 0,
    "object": "source",
    "access": "read",
    "share": "none",
    "planned_ms": 0.0,
    "duration_ms": 1.0,
    "opened_ms": 0.0,
    "released_ms": 1.0,
    "error": None,
}


def holds(count: int, **columns: Any) -> dict[str, Any]:
    return {**{name: [value] * count for name, value in HOLD.items()}, **columns}


def test_parts_follow_each_other() -> None:
    """One row after many: the array grows by more than is needed, and is cut to what is there."""
    builder = Builder()
    for rows in (range(100), range(100, 101), range(101, 300), range(300, 301)):
        builder.add("holds", holds(len(rows), trial=list(rows)))
    assert builder.frame("holds")["trial"].tolist() == list(range(301))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_arrays_of_a_caller_stay_as_they_are(dtype: type[np.floating[Any]]) -> None:
    """The first part is not copied until another follows it, of the same type or of a wider one."""
    given = np.array([1.0, 2.0])
    builder = Builder()
    builder.add("holds", holds(2, duration_ms=given))
    builder.add("holds", holds(2, duration_ms=np.array([3.0, 4.0], dtype)))
    assert builder.frame("holds")["duration_ms"].tolist() == [1, 2, 3, 4]
    assert given.tolist() == [1, 2]


def test_more_different_texts_than_codes_had_room_for_keep_their_text() -> None:
    """Codes of 8 bits hold 128 texts; those of the first part are widened, with room for what comes."""
    texts = [f"object {number:04}" for number in range(1000)]
    builder = Builder()
    for part in (texts[:100], texts[100:700], texts[700:]):
        builder.add("holds", holds(len(part), object=part))
    assert builder.frame("holds")["object"].tolist() == texts


def test_codes_stand_for_their_texts() -> None:
    builder = Builder()
    builder.add("holds", holds(3, object=Coded(np.array([1, 0, 1]), ["target", "child"])))
    assert builder.frame("holds")["object"].tolist() == ["child", "target", "child"]


def test_what_is_missing_is_missing() -> None:
    builder = Builder()
    builder.add("holds", holds(3, opened_ms=[None, 1.5, np.nan], error=[None, 5, 32]))
    frame = builder.frame("holds")
    assert frame["opened_ms"].isna().tolist() == [True, False, True]
    assert frame["error"].isna().tolist() == [True, False, False]
    assert frame["error"].dropna().tolist() == [5, 32]


@pytest.mark.parametrize("table", [name for name in TABLES if name != "runs"])
def test_a_table_without_rows_has_the_types_of_one_with_rows(table: str) -> None:
    frame = Builder().frame(table)
    assert len(frame) == 0
    for column in TABLES[table]:
        if column.name not in frame.columns:
            continue
        expected = "object" if column.type == "str" else column.type
        assert str(frame[column.name].dtype) == expected, column.name


@pytest.mark.parametrize(
    ("column", "value", "because"),
    [
        ("duration_ms", np.inf, "a finite number"),
        ("trial", -1, "at least 0"),
        ("operation", 2**31, "a number of 32 bits"),
        ("operation", 2**40, "a number of 32 bits"),
        ("error", 2**31, "a number of 32 bits"),
        ("planned_ms", None, "a number"),
    ],
)
def test_an_invalid_value_is_told_with_its_row(column: str, value: float | None, because: str) -> None:
    with pytest.raises(Fault, match=because) as caught:
        Builder().add("holds", holds(3, **{column: [0, value, 0]}))
    assert (caught.value.table, caught.value.row) == ("holds", 1)


@pytest.mark.parametrize(
    ("column", "values", "because"),
    [
        ("operation", np.array([0, 2**63, 0], np.uint64), "a number of 32 bits"),  # no int64 is as large
        ("planned_ms", np.array([0, np.nan, 0], np.float32), "a number"),
    ],
)
def test_an_invalid_value_of_an_array_is_told_as_it_is(
    column: str, values: np.ndarray[Any, Any], because: str
) -> None:
    with pytest.raises(Fault, match=because) as caught:
        Builder().add("holds", holds(3, **{column: values}))
    assert caught.value.row == 1
