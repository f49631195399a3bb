"""A damaged log is read without a traceback, and however it is damaged, no name of it comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutation_lab import Edits, edited, edits
from scanner_log_lab import (
    OTHER_LINES,
    as_utf16,
    copy_failure,
    copy_retry,
    scan_line,
    uv_failure,
    uv_retries,
)

from harness.errors import HarnessError
from harness.observe.answers import conclude
from harness.observe.hold_table import MOST_BYTES
from harness.observe.reading import read_logs

NAME = "zelda"
_SCAN = {
    "ScanType": f"{NAME}Scan",
    "Duration": 123_456,
    "SkipReason": NAME,
    "Path": f"C:\\Users\\{NAME}\\x.dll",
    "ProcessPath": f"C:\\{NAME}\\{NAME}.exe",
}
SEEDS = (
    (
        OTHER_LINES + scan_line() + scan_line(f"{NAME}.exe", 7, 90, 20, 30) + scan_line(process=None)
    ).encode(),
    as_utf16(scan_line() + OTHER_LINES + scan_line(f"{NAME} tool.exe", 8)),
    (uv_retries(NAME, 3) + uv_retries("b", 10) + uv_failure("b")).encode(),
    (copy_retry(1, holder=f"{NAME}.exe (5)") + copy_retry(2) + copy_failure()).encode(),
    f"Reason[{NAME}] Reason[Timeout]\nReason[File {NAME}]\n".encode(),
    json.dumps({"TopScans": [_SCAN, _SCAN]}).encode(),
    f'"ScanType","Duration","Path","ProcessPath"\n"RealTime","12.5ms","{NAME}","C:\\{NAME}.exe"\n'.encode(),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "log"


@given(seed=st.sampled_from(SEEDS), changes=edits())
def test_logs(seed: bytes, changes: Edits, path: Path, tried: Callable[[str], None]) -> None:
    path.write_bytes(edited(seed, changes))
    try:
        found = read_logs([path])
        observed = conclude(found, 1, len(seed))
    except HarnessError as error:
        refusal = f"{error.message}{error.hint}".replace(str(path), "")
    else:
        refusal = ""
    assert NAME not in refusal.lower()
    if refusal:
        tried("refused")
        return
    tried("read" if found.table.total else "nothing in it")
    assert NAME not in json.dumps(asdict(observed)).lower()
    assert len(found.table.small().csv().encode()) <= MOST_BYTES
    assert found.table.total == sum(row.count for row in observed.holds)
    assert all(row.high_ms is None or row.low_ms <= row.high_ms for row in observed.holds)
