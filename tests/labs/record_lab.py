"""Runs that are changed after they were written, with the check sums that what is changed would have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.record.check_sum import sealed

FIRST = 4
"""The first schema with check sums."""


def line_of(data: dict[str, Any]) -> bytes:
    """A line of a journal, with its end."""
    text = json.dumps(
        {key: value for key, value in data.items() if key != "check"}, separators=(",", ":")
    )
    return sealed(text.encode()) + b"\n"


def lines_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "journal.jsonl").read_bytes().splitlines()]


def write_lines(run: Path, lines: Iterable[dict[str, Any]]) -> None:
    (run / "journal.jsonl").write_bytes(b"".join(map(line_of, lines)))


def manifest_of(run: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((run / "manifest.json").read_bytes())
    return data


def write_manifest(run: Path, data: dict[str, Any]) -> None:
    """Write it without a check sum if its schema has none."""
    text = json.dumps({key: value for key, value in data.items() if key != "check"}).encode()
    (run / "manifest.json").write_bytes(text if data["schema"] < FIRST else sealed(text))


def change_manifest(run: Path, /, **changes: Any) -> None:
    write_manifest(run, {**manifest_of(run), **changes})
