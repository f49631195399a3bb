"""Read what ``Get-MpPerformanceReport -Raw`` gives, as JSON or CSV.

Microsoft documents how to make such files (docs/evidence/scanner-logs.md#performance-report); keys are
those of its module ConfigDefenderPerformance: ``TopScans`` is a list of scans with ``ScanType`` and
``Duration``, and ``TopProcesses`` (``TopFiles``, …) one of ``Count``, ``TotalDuration`` and
``MaxDuration``. With ``-Raw`` durations are ticks of 100 ns, else ``12.3456ms`` or ``00:00:00.0123``.

The scans are the *longest* ones of a recording, as many as were asked for: shorter ones are not there.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from harness.errors import InvalidInputError
from harness.holds.milliseconds import DAY_MS
from harness.observe.log_text import decoded
from harness.outside_files import read_regular

MOST_BYTES: Final = 64_000_000
MOST_SCANS: Final = 1_000_000
TICKS_PER_MS: Final = 10_000
_ON_DEMAND: Final = ("quick", "full", "custom", "schedul", "demand")
"""Parts of the types of scans that no program waits for."""
_FRIENDLY: Final = re.compile(r"(\d{1,12}(?:[.,]\d{1,7})?)(sec|ms|us)")
_UNITS: Final = {"sec": 1000.0, "ms": 1.0, "us": 1e-3}
_SPAN: Final = re.compile(r"(?:(\d{1,4})\.)?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?")


class OneScan(NamedTuple):
    """A scan: its time in milliseconds, and the program whose file it was of, if it is told."""

    program: str
    duration_ms: float


@dataclass(frozen=True)
class ScanReport:
    """The scans of a report, and how many entries were left out."""

    scans: tuple[OneScan, ...]
    on_demand: int
    """Scans that no program waits for."""
    unreadable: int
    """Entries without a duration."""


def looks_like_report(text: str) -> bool:
    """Whether a file that begins with `text` may be such a report."""
    head = text.lstrip("\ufeff \t\r\n")
    if head.startswith(("{", "[")):
        return any(f'"{key}"' in head for key in ("ScanType", "Duration", "TopScans", "TotalDuration"))
    names = [name.strip('" \r') for name in head.partition("\n")[0].split(",")]
    return "ScanType" in names and "Duration" in names


def read_report(path: Path) -> ScanReport:
    """Read a report. Raises `InvalidInputError` for what is none, `OSError` if it cannot be read."""
    return scans_in(decoded(read_regular(path, MOST_BYTES)), path.name)


def scans_in(text: str, name: str) -> ScanReport:
    """The scans in the text of a report. Raises `InvalidInputError` for what is none."""
    if text.lstrip().startswith(("{", "[")):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"{name}: not JSON", hint=_HINT) from error
        entries = list(_entries(data))
    else:
        try:
            entries = list(csv.DictReader(io.StringIO(text)))
        except csv.Error as error:
            raise InvalidInputError(f"{name}: not a CSV file: {error}", hint=_HINT) from error
    if len(entries) > MOST_SCANS:
        raise InvalidInputError(f"{name}: has more than {MOST_SCANS:,} scans")
    return _told(entries)


_HINT: Final = (
    "(Get-MpPerformanceReport -Path R.etl -TopScans 1000 -Raw).TopScans | ConvertTo-Json writes one."
)


def _entries(data: Any) -> Iterator[Any]:
    """The scans of the report, or the list that was cut out of it."""
    if isinstance(data, dict):
        data = data["TopScans"] if isinstance(data.get("TopScans"), list) else [data]
    if isinstance(data, list):
        yield from data


def _told(entries: list[Any]) -> ScanReport:
    scans, on_demand, unreadable = [], 0, 0
    for entry in entries:
        duration = duration_ms(entry.get("Duration")) if isinstance(entry, dict) else None
        if duration is None:
            unreadable += 1
        elif any(each in str(entry.get("ScanType", "")).lower() for each in _ON_DEMAND):
            on_demand += 1
        else:
            image = entry.get("Image") or entry.get("ProcessPath") or ""
            scans.append(OneScan(re.split(r"[\\/]", str(image))[-1], duration))
    return ScanReport(tuple(scans), on_demand, unreadable)


def duration_ms(value: Any) -> float | None:
    """A duration in milliseconds: ticks, ``12.3456ms``, or a time span; ``None`` for anything else."""
    if isinstance(value, dict):  # how PowerShell's JSON spells a time span
        value = value.get("Ticks")
    text = str(value).strip() if isinstance(value, int | float | str) and value is not True else ""
    if re.fullmatch(r"[0-9]{1,15}", text):
        found = int(text) / TICKS_PER_MS
    elif friendly := _FRIENDLY.fullmatch(text):
        found = float(friendly[1].replace(",", ".")) * _UNITS[friendly[2]]
    elif span := _SPAN.fullmatch(text):
        days, hours, minutes, seconds, fraction = span.groups()
        whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
        found = whole * 1000.0 + float(f"0.{fraction or 0}") * 1000.0
    else:
        return None
    return found if math.isfinite(found) and found <= DAY_MS else None
