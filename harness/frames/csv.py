"""Write frames to a folder of CSV files, one per frame, for spreadsheets and other readers of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from harness.frames.parquet import arrow_slices

if TYPE_CHECKING:
    from harness.frames.definition import Frames

_BEGINS_A_FORMULA: Final = "^[=+\\-@\t\r\n＝＋－＠]"  # noqa: RUF001 - spreadsheets take wide ones too
"""The start of a formula. Source: OWASP, "CSV Injection" (an apostrophe in front prevents it)."""


def write_csv(frames: Frames, files: Mapping[str, Path], on_written: Callable[[str], None]) -> None:
    """Write each frame to its file; `on_written` is called with the name of each.

    Missing values are empty fields. Text that a spreadsheet would read as a formula gets an apostrophe
    in front; the Parquet export keeps it unchanged.
    """
    for table, path in files.items():
        parts = map(_without_formulas, arrow_slices(frames, table))
        first = next(parts)
        with csv.CSVWriter(path, first.schema) as writer:
            writer.write_table(first)
            for part in parts:
                writer.write_table(part)
        on_written(table)


def _without_formulas(part: Any) -> Any:
    for place, field in enumerate(part.schema):
        if field.type == pa.string():
            text = part.column(place)
            escaped = pc.binary_join_element_wise("'", text, "")
            safe = pc.if_else(pc.match_substring_regex(text, _BEGINS_A_FORMULA), escaped, text)
            part = part.set_column(place, field, safe)
    return part
