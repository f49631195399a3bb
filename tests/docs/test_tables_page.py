"""The page on answers and tables explains every line and every column that there is."""

from __future__ import annotations

import inspect
import re

from doc_pages import ROOT

from harness.summary import columns, conclusion, notes

PAGE = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
FIRST_CELLS = {
    word.strip()
    for cells in re.findall(r"^\| ([^|]+) \|", PAGE, re.MULTILINE)
    for word in cells.split(",")
}


def test_every_column_is_explained() -> None:
    heads = set(re.findall(r'TableColumn\(\s*"([^"]+)"', inspect.getsource(columns)))
    assert {"failed", "outcome"} < heads
    assert heads - {"strategy"} <= FIRST_CELLS


def test_every_line_of_an_answer_is_explained() -> None:
    assert set(conclusion.HEADS.values()) <= FIRST_CELLS


def test_every_outcome_of_a_failed_trial_is_explained() -> None:
    assert set(re.findall(r"^`([\w-]+)`$", PAGE, re.MULTILINE)) == set(notes.OUTCOMES)
