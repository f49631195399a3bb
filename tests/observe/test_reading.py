"""Logs of all kinds are read together: by what is in them, whatever they are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scanner_log_lab import OTHER_LINES, SCAN, as_utf16, copy_retry, scan_line, uv_retries

from harness.errors import InvalidInputError
from harness.observe.answers import conclude
from harness.observe.observed import UNSEEN, Observed
from harness.observe.reading import read_logs


def observed(folder: Path, only: str | None = None, **contents: bytes) -> Observed:
    paths = []
    for name, content in contents.items():
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return conclude(read_logs(paths, only), len(paths), sum(map(len, contents.values())))


def test_scans_of_a_log_as_windows_writes_it(tmp_path: Path) -> None:
    text = OTHER_LINES + scan_line() + scan_line("zelda-tool.exe", 5, 100, 50, 10)
    found = observed(tmp_path, log=as_utf16(text))
    assert found.answers[0] == "Defender scanned 74 files: 83.4 ms each on average, 828 ms the longest."
    assert found.answers[-1].startswith("Retrying for 829 ms after the first failure")
    assert [each.program for each in found.programs] == ["uv.exe", "other programs"]
    assert sum(row.count for row in found.holds) == 74
    assert UNSEEN in found.cautions
    assert (found.first_day, found.last_day) == ("2026-09-07", "2026-09-07")


def test_one_program_may_be_asked_for_by_any_name(tmp_path: Path) -> None:
    text = scan_line() + scan_line("Zelda-Tool.exe", 5, 100, 50, 10)
    found = observed(tmp_path, "zelda-tool.EXE", log=text.encode())
    assert [(each.program, each.scans) for each in found.programs] == [("zelda-tool.exe", 50)]


def test_reports_and_logs_of_tools_are_known_by_their_content(tmp_path: Path) -> None:
    ci = uv_retries("a", 3) + copy_retry(1, holder="zelda-app.exe (3)") + copy_retry(2)
    found = observed(tmp_path, report=json.dumps([SCAN]).encode(), ci=ci.encode())
    assert {row.object for row in found.holds} == {"scan", "rename", "copy"}
    assert found.holders == {"other programs": 1, "msmpeng.exe": 1}
    assert "The 1 longest scan of the recording took up to 12.3 ms" in found.answers[0]
    assert any(
        line.startswith("uv's renames were blocked once: 1 became possible, the slowest between 30 ms")
        for line in found.answers
    )


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    text = scan_line() + scan_line(process=9, count=1, total=5, longest=10) + uv_retries("a", 12)
    found = observed(tmp_path, log=text.encode())
    assert found.left_out == [
        "Left out: 1 line with scan times that contradict each other.",
        "Left out: 1 target whose retries fit no version of uv with known waits (0.5.17 and later).",
    ]


def test_nothing_else_is_looked_for_in_a_log_that_is_surely_defenders(tmp_path: Path) -> None:
    lines = "".join(scan_line(process=number) for number in range(2000))
    padding = (OTHER_LINES * 200).encode() * 400  # beyond the first piece
    content = lines.encode() + padding + uv_retries("a", 1).encode()
    assert {row.object for row in observed(tmp_path, log=content).holds} == {"scan-bound"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"missing\.log: No such file"):
        read_logs([tmp_path / "missing.log"])


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(as_utf16(scan_line() * 10))
    (tmp_path / "b").write_bytes(json.dumps([SCAN]).encode())
    told: list[int] = []
    read_logs([tmp_path / "a", tmp_path / "b"], progress=told.append)
    assert sum(told) == sum((tmp_path / name).stat().st_size for name in "ab")
