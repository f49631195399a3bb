"""Defender's performance report: all its durations, as JSON and CSV, and only what programs wait for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scanner_log_lab import SCAN

from harness.errors import InvalidInputError
from harness.observe.scan_report import OneScan, duration_ms, looks_like_report, read_report, scans_in


@pytest.mark.parametrize("shape", [[SCAN], SCAN, {"TopScans": [SCAN], "TopFiles": [{"Count": 3}]}])
def test_the_report_its_list_of_scans_and_one_scan_are_the_same(shape: Any) -> None:
    text = json.dumps(shape)
    assert looks_like_report(text)
    assert scans_in(text, "r.json").scans == (OneScan("uv.exe", 12.3456),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_as_export_csv_writes_it(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        '"ScanType","StartTime","Duration","Reason","Path","ProcessPath"\n'
        '"RealTimeScan","1","00:00:01.5000000","OnOpen","C:\\x","C:\\b\\uv.exe"\n'
        '"QuickScan","1","00:05:00","","",""\n"RealTimeScan","1","soon","","",""\n',
        encoding=encoding,
    )
    report = read_report(path)
    assert report.scans == (OneScan("uv.exe", 1500.0),)
    assert (report.on_demand, report.unreadable) == (1, 1)


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        (10_000, 1.0),
        ("12.3456ms", 12.3456),
        ("0.5sec", 500.0),
        ("250us", 0.25),
        ("1.00:00:00", 86_400_000.0),
        ({"Ticks": 20_000, "Days": 0}, 2.0),
        (None, None),
        (True, None),
        (-5, None),
        ("nan", None),
        ("2.00:00:00", None),
    ],
)
def test_durations(value: Any, milliseconds: float | None) -> None:
    assert duration_ms(value) == (pytest.approx(milliseconds) if milliseconds is not None else None)


@pytest.mark.parametrize("text", ['{"ScanType', "[" * 100_000, '{"TopScans": [' + "9" * 5000 + "]}"])
def test_broken_json_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"r\.json: not JSON"):
        scans_in(text, "r.json")


def test_a_log_is_no_report() -> None:
    assert not looks_like_report("2026-09-07 ProcessImageName: a.exe")
    assert not looks_like_report('{"name": 1}')
