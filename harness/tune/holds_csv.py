"""Read holds from a CSV file: ``low_ms,high_ms`` and if need be ``count``, ``code`` and ``object``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from harness.errors import InvalidFilesError, InvalidInputError, Problem
from harness.holds.milliseconds import DAY_MS
from harness.outside_files import read_regular
from harness.text import did_you_mean, joined
from harness.tune.observed import Observations

COLUMNS: Final = ("low_ms", "high_ms", "count", "code", "object")
_NEEDED: Final = COLUMNS[:2]
MOST_BYTES: Final = 64_000_000
MOST_ROWS: Final = 200_000
MOST_OPERATIONS: Final = 1_000_000_000
_MOST_CODE: Final = 0xFFFF
_MOST_SHOWN: Final = 20
_HINT: Final = (
    "Each row is a hold that ended after low_ms and by high_ms (empty: not seen to end), counted "
    "`count` times; both 0: an operation that was not held."
)


def read_holds_csv(path: Path, only_object: str | None = None) -> Observations:
    """Read the file; of `only_object` if it is given.

    Raises `InvalidFilesError` with all problems, `InvalidInputError` for what is no such file.
    """
    name = path.name
    rows = csv.reader(io.StringIO(_text(path)))
    try:
        header = [cell.strip() for cell in next(rows, [])]
        problems = list(_header_problems(name, header))
        read = [] if problems else list(_cells(name, header, rows, problems))
        kept = [each for each in read if only_object is None or each[1].get("object") == only_object]
        found = [values for number, cells in kept for values in _row(name, number, cells, problems)]
    except csv.Error as error:
        raise InvalidInputError(f"{path}: not a CSV file: {error}", hint=_HINT) from error
    if problems:
        raise InvalidFilesError(_few(problems), hint=_HINT)
    if not found:
        raise InvalidInputError(f"{path}: has no rows", hint=_HINT)
    low, high, count, code = (np.array(column) for column in zip(*found, strict=True))
    several = sorted({cells.get("object", "") for _, cells in kept} - {""})
    mixed = f"holds on {joined(several)}, taken together" if len(several) > 1 else ""
    return Observations(
        *(low, high, code.astype(np.int64), count),
        source=name,
        conditional=tuple(filter(None, (f"the holds in {name}", mixed))),
    )


def _text(path: Path) -> str:
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: not UTF-8 text", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error


def _cells(
    name: str, header: list[str], rows: Iterable[list[str]], problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the cells of each row with the number of its line; empty rows are left out."""
    for number, row in enumerate(rows, 2):
        if number > MOST_ROWS:
            problems.append(Problem(name, f"line {number}", "more rows", f"at most {MOST_ROWS:,}"))
            return
        if len(row) == len(header):
            yield number, {key: cell.strip() for key, cell in zip(header, row, strict=True)}
        elif row:
            expected = f"{len(header)} values, as in the first line"
            problems.append(Problem(name, f"line {number}", str(len(row)), expected))


def _header_problems(name: str, header: list[str]) -> Iterator[Problem]:
    for column in header:
        if column not in COLUMNS:
            expected = f"one of {', '.join(COLUMNS)}. {did_you_mean(column, COLUMNS)}".strip()
            yield Problem(name, "line 1", repr(column[:40]), expected)
    for column in _NEEDED:
        if column not in header:
            yield Problem(name, "line 1", f"no column {column}", ",".join(_NEEDED))
    if len(set(header)) < len(header):
        yield Problem(name, "line 1", "a column twice", "each column once")


def _row(
    name: str, number: int, cells: dict[str, str], problems: list[Problem]
) -> Iterator[tuple[float, float, float, int]]:
    """Yield the values of a row, or add what is wrong with them to `problems`."""
    before = len(problems)
    where = f"line {number}"

    def value(column: str, least: float, most: float, empty: float | None = None) -> float:
        text = cells.get(column, "")
        if not text and empty is not None:
            return empty
        try:
            read = float(text)
        except ValueError:
            read = math.nan
        if least <= read <= most or (column == "high_ms" and read == math.inf):
            return read
        expected = f"a number from {least:g} to {most:g}"
        problems.append(Problem(name, f"{where}, {column}", repr(text[:40]), expected))
        return math.nan

    low = value("low_ms", 0, DAY_MS)
    high = value("high_ms", 0, DAY_MS, math.inf)
    count = value("count", 1, MOST_OPERATIONS, 1.0)
    code = value("code", 1, _MOST_CODE, 0.0)
    if len(problems) == before and high < low:
        problems.append(Problem(name, f"{where}, high_ms", f"{high:g}", f"at least low_ms, {low:g}"))
    for column, read in (("count", count), ("code", code)):
        if len(problems) == before and not read.is_integer():
            problems.append(Problem(name, f"{where}, {column}", f"{read:g}", "a whole number"))
    if len(problems) == before:
        yield low, high, count, int(code) if high > 0 else 0


def _few(problems: list[Problem]) -> list[Problem]:
    """Return the first problems, and how many more there are."""
    if len(problems) <= _MOST_SHOWN:
        return problems
    more = Problem(problems[0].file, "and", f"{len(problems) - _MOST_SHOWN:,} more problems")
    return [*problems[:_MOST_SHOWN], more]
