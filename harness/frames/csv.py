"""Write frames as CSV, for spreadsheets and other readers of text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from harness.frames.parquet import arrow_slices, schema_of

if TYPE_CHECKING:
    from harness.frames.definition import Frames

_BEGINS_A_FORMULA: Final = "^[=+\\-@\t\r\n＝＋－＠]"  # noqa: RUF001 - spreadsheets take wide ones too
"""The start of a formula. Source: OWASP, "CSV Injection" (an apostrophe in front prevents it)."""


def write_csv(frames: Frames, table: str, path: Path) -> None:
    """Write the frame `table` to the file `path`.

    Missing values are empty fields. Text that a spreadsheet would read as a formula gets an apostrophe
    in front; the Parquet export keeps it unchanged.
    """
    with csv.CSVWriter(path, schema_of(table)) as writer:
        for part in arrow_slices(frames, table):
            writer.write_table(_without_formulas(part))


def _without_formulas(part: Any) -> Any:
    for place, field in enumerate(part.schema):
        if field.type == pa.string():
            text = part.column(place)
            escaped = pc.binary_join_element_wise("'", text, "")
            safe = pc.if_else(pc.match_substring_regex(text, _BEGINS_A_FORMULA), escaped, text)
            part = part.set_column(place, field, safe)
    return part
