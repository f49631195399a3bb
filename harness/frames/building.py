"""Build frames from columns that come in parts, checking each part against `TABLES`.

Text that repeats is kept as codes. A frame is made column by column, and the memory of each column's
parts is released before the next is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from harness.frames.definition import PLACE, TABLES, FrameColumn
from harness.record.trial_record import ENDS_EARLY, STARTS_EARLY
from harness.text import by_place, figures, in_order

Array = np.ndarray[Any, np.dtype[Any]]

_WIDE: Final = {"int32": np.int64, "int64": np.int64, "Int32": np.float64, "Int64": np.float64}
_KEPT: Final = {"Int32": np.float64, "Int64": np.float64, "str": object}


class Fault(Exception):  # noqa: N818 - a fault in data, which readers report as InvalidInputError
    """An invalid value: its table, its column, and its row in the part."""

    def __init__(self, table: str, column: str, row: int, what: str) -> None:
        super().__init__(f"{table}, {column}: {what}")
        self.table = table
        self.row = row
        self.what = f"{column}: {what}"


def refuse(table: str, column: str, wrong: Array, what: str) -> None:
    """Raise `Fault` for the first row that is `wrong`, if any is."""
    if wrong.any():
        raise Fault(table, column, int(wrong.argmax()), what)


@dataclass(frozen=True)
class Coded:
    """Text as codes, which are indices into `texts`."""

    codes: Array
    texts: list[str]


class _Growing:
    """An array that grows in place: concatenating parts at the end would take twice the memory."""

    def __init__(self) -> None:
        self._array: Array | None = None
        self._length = 0
        self._own = False

    def add(self, part: Array) -> None:
        """Append; the first part is not copied."""
        if self._array is None:
            self._array, self._length = part, len(part)
            return
        if part.dtype != self._array.dtype:  # more different texts than the codes had room for
            self._array = self._array.astype(np.promote_types(self._array.dtype, part.dtype))
            self._own = True
        length = self._length + len(part)
        if length > len(self._array):
            if not self._own:  # the first part belongs to the caller
                self._array, self._own = self._array.copy(), True
            self._array.resize(max(length, len(self._array) * 9 // 8), refcheck=False)
        self._array[self._length : length] = part
        self._length = length

    def __len__(self) -> int:
        return self._length

    def cut(self, length: int) -> None:
        """Forget all but the first `length` values."""
        self._length = length
        if not length:
            self._array, self._own = None, False

    def since(self, start: int) -> Array:
        """The values from number `start` on."""
        return np.empty(0, np.int64) if self._array is None else self._array[start : self._length]

    def whole(self, kind: str) -> Any:
        """The whole array; nothing can be added afterwards."""
        if self._array is None:
            return np.empty(0, np.int8 if kind == "category" else _KEPT.get(kind, kind))
        if self._length < len(self._array):
            self._array.resize(self._length, refcheck=False)
        return self._array


class _Codes(dict[str, int]):
    """A number for each text, in order of appearance."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


class Builder:
    """Builds frames from parts of tables. `trials` is the number of trials added so far."""

    def __init__(self) -> None:
        self.trials = 0
        self._grown: dict[str, dict[str, _Growing]] = {
            table: {column.name: _Growing() for column in columns} for table, columns in TABLES.items()
        }
        self._codes: dict[tuple[str, str], _Codes] = defaultdict(_Codes)
        for table, columns in TABLES.items():
            for column in columns:
                for value in column.one_of:
                    self._codes[table, column.name][value]
        self._strategies: dict[str, int] = {}

    def order_strategies(self, labels: Iterable[str]) -> None:
        """Order the strategies that were added since the last call, after those added before it.

        Those that `labels` does not name are sorted and come last; labels without trials are ignored.
        """
        came = self._codes["trials", "strategy"].keys() - self._strategies.keys()
        for text in sorted(came, key=by_place(labels)):
            self._strategies[text] = len(self._strategies)

    def add(self, table: str, part: Mapping[str, Iterable[Any] | Coded]) -> None:
        """Add rows of a table, with all its columns. Raises `Fault` for an invalid value."""
        checked = {
            column.name: self._checked(table, column, part[column.name]) for column in TABLES[table]
        }
        if table == "attempts":
            for column_name, wrong, what in out_of_order(checked):
                refuse(table, column_name, wrong, what)
        if table == "trials":
            self.trials += len(checked["block"])
        for name, array in checked.items():
            self._grown[table][name].add(array)

    def lengths(self) -> dict[tuple[str, str], int]:
        """The number of values in each column, to which `cut` goes back."""
        return {
            (table, name): len(grown)
            for table, columns in self._grown.items()
            for name, grown in columns.items()
        }

    def cut(self, lengths: Mapping[tuple[str, str], int]) -> None:
        """Forget what was added since the columns had these `lengths`."""
        for (table, name), length in lengths.items():
            self._grown[table][name].cut(length)
        self.trials = lengths["trials", "block"]

    def repeats(self, first: int) -> bool:
        """Whether two trials from number `first` on seem to have one place in the plan of their run."""
        numbers = np.zeros(self.trials - first, np.int64)
        width = 1
        for name in PLACE:
            values = self._grown["trials"][name].since(first).astype(np.int64)
            size = int(values.max(initial=0)) + 1
            width *= size
            if width > np.iinfo(np.int64).max:
                return True  # too many to say
            numbers = numbers * size + values
        return len(np.unique(numbers)) < len(numbers)

    def frame(self, table: str) -> pd.DataFrame:
        """All rows of a table; nothing can be added to it afterwards."""
        grown = self._grown.pop(table)
        made = {column.name: self._whole(table, column, grown[column.name]) for column in TABLES[table]}
        frame = pd.DataFrame(made, copy=False)
        if table == "trials":
            frame.index.name = "trial"
        return frame.set_index("run") if table == "runs" else frame

    def _whole(self, table: str, column: FrameColumn, grown: _Growing) -> Any:
        whole = grown.whole(column.type)
        match column.type:
            case "category":
                texts = list(self._codes[table, column.name])
                if column.one_of:
                    return pd.Categorical.from_codes(whole, pd.Index(texts))
                strategies = (table, column.name) == ("trials", "strategy")
                ordered = list(self._strategies) if strategies else sorted(texts, key=in_order)
                place = {text: number for number, text in enumerate(ordered)}
                places: Any = np.array([place[text] for text in texts], whole.dtype)
                return pd.Categorical.from_codes(places[whole], pd.Index(ordered))
            case "Int32" | "Int64":
                return pd.array(whole, dtype=column.type)
            case _:
                return whole

    def _checked(self, table: str, column: FrameColumn, values: Iterable[Any] | Coded) -> Array:
        """The values in the column's type, or as codes."""
        if column.type == "category":
            return self._coded(table, column, values)
        assert not isinstance(values, Coded)  # noqa: S101 - only text is coded
        if column.type == "str":
            return np.array(list(values), dtype=object)
        array = _array(values, _WIDE.get(column.type, column.type))
        for fault, what in _faults(column, array):
            if fault.any():
                row = int(fault.argmax())
                raise Fault(table, column.name, row, f"found {array[row]}; expected {what}")
        return array if column.type in {"Int32", "Int64"} else array.astype(column.type, copy=False)

    def _coded(self, table: str, column: FrameColumn, values: Iterable[Any] | Coded) -> Array:
        codes = self._codes[table, column.name]
        if isinstance(values, Coded):
            places = np.fromiter(map(codes.__getitem__, values.texts), np.int64, len(values.texts))
            coded = places[values.codes]
        else:
            coded = np.fromiter(map(codes.__getitem__, values), np.int64)
        if column.one_of and len(codes) > len(column.one_of):
            row = int((coded >= len(column.one_of)).argmax())
            expected = ", ".join(repr(value) for value in column.one_of)
            found = list(codes)[coded[row]]
            raise Fault(table, column.name, row, f"found {found!r}; expected one of {expected}")
        return coded.astype(np.min_scalar_type(-len(codes)), copy=False)


def out_of_order(attempts: Mapping[str, Array]) -> list[tuple[str, Array, str]]:
    """Masks of attempts that end before they start or overlap, each with its column and words."""
    start, end = attempts["start_ms"], attempts["end_ms"]
    early = np.zeros(len(start), bool)
    early[1:] = (start[1:] < end[:-1]) & (attempts["attempt"][1:] > 1)
    return [("end_ms", end < start, ENDS_EARLY), ("start_ms", early, STARTS_EARLY)]


def _array(values: Iterable[Any], dtype: Any) -> Array:
    if isinstance(values, np.ndarray):  # narrow enough, or checked to be before it is narrowed
        return values
    return np.array(list(values), dtype)  # ``None`` is NaN among floats


def _faults(column: FrameColumn, array: Array) -> Iterable[tuple[Any, str]]:
    """Masks of the invalid values of a column, each with what is expected instead."""
    if array.dtype.kind == "f":
        yield np.isinf(array), "a finite number"
        if not column.missing:
            yield np.isnan(array), "a number"
    if column.least is not None:
        yield array < column.least, f"at least {figures(column.least)}"
    if column.type in {"int32", "Int32"}:
        yield array > np.iinfo(np.int32).max, "a number of 32 bits"
