"""Holds from CSV files: what is read, and all mistakes at once."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from harness.errors import InvalidFilesError, InvalidInputError
from harness.tune.holds_csv import read_holds_csv


def _written(folder: Path, text: str) -> Path:
    path = folder / "holds.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_reads_intervals_counts_and_errors(tmp_path: Path) -> None:
    text = "low_ms,high_ms,count,code,object\n0,0,70,,\n10,20,5,32,child\n\n30,,,5,directory\n"
    found = read_holds_csv(_written(tmp_path, text))
    assert found.low_ms.tolist() == [0, 10, 30]
    assert found.high_ms.tolist() == [0, 20, math.inf]
    assert found.counts.tolist() == [70, 5, 1]
    assert found.codes.tolist() == [0, 32, 5]
    assert found.conditional == (
        "the holds in holds.csv",
        "holds on child and directory, taken together",
    )
    assert read_holds_csv(tmp_path / "holds.csv", "child").operations == 5


def test_it_says_all_mistakes_at_once(tmp_path: Path) -> None:
    text = "low_ms,high_ms,count\n1,x,1\n5,2,1\n1,2\n1,2,1.5\n-1,2,1\n1,1e12,1\n"
    with pytest.raises(InvalidFilesError) as refused:
        read_holds_csv(_written(tmp_path, text))
    shown = str(refused.value)
    for words in (
        "line 2, high_ms: found 'x'; expected a number from 0 to",
        "line 3, high_ms: found 2; expected at least low_ms, 5",
        "line 4: found 2; expected 3 values",
        "line 5, count: found 1.5; expected a whole number",
        "line 6, low_ms: found '-1'",
        "line 7, high_ms: found '1e12'",
    ):
        assert words in shown
    assert "6 problems" in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column low_ms"),
        (
            "low_ms,hihg_ms\n",
            "expected one of low_ms, high_ms, count, code, object. Did you mean high_ms",
        ),
        ("low_ms,high_ms,low_ms\n", "a column twice"),
        ("low_ms,high_ms\n", "has no rows"),
        ("low_ms,high_ms\nnan,nan\n", "line 2, low_ms: found 'nan'"),
        ("low_ms,high_ms\n" + "x,y\n" * 50, "81 more problems|80 more problems"),
    ],
)
def test_it_refuses_what_is_no_such_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as refused:
        read_holds_csv(_written(tmp_path, text))
    assert refused.value.hint


def test_only_files_of_text_are_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        read_holds_csv(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        read_holds_csv(tmp_path / "bytes.csv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(InvalidInputError, match="a pipe"):
            read_holds_csv(tmp_path / "pipe.csv")
