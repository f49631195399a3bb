"""Values of options, read or checked: shares and times with their units, and paths of what is new."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.holds.milliseconds import DAY_MS
from harness.strategy.durations import LONGEST_MS, UNITS

_SHOWN: Final = 40
_LONG_UNITS: Final = {
    **{unit: UNITS[unit] for unit in ("ms", "s", "min")},
    "m": Decimal(60_000),
    "h": Decimal(3_600_000),
}


def share(option: str, text: str) -> float:
    """Read a share such as ``1e-3`` or ``0.1%``. Raises `InvalidInputError`."""
    found = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(%?)\s*", text)
    try:
        value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise InvalidInputError(
            f"{option}: found {text[:_SHOWN]!r}; expected a share from 0 to 1, such as 1e-3 or 0.1%"
        )
    return value


def duration(option: str, text: str) -> float:
    """Read a time such as ``30s``, in milliseconds. Raises `InvalidInputError`."""
    return _time(option, text, UNITS, LONGEST_MS, "at most an hour", "500ms or 30s")


def long_duration(option: str, text: str) -> float:
    """Read a time of up to a day such as ``10min``, in milliseconds. Raises `InvalidInputError`."""
    return _time(option, text, _LONG_UNITS, DAY_MS, "at most a day", "30s or 10min")


def check_new(option: str, path: Path, hint: str = "Choose another path.") -> None:
    """Check before any work that something new can be made at `path`. Raises `InvalidInputError`."""
    if path.exists() or not path.absolute().parent.is_dir():
        reason = "is there already" if path.exists() else "is not in a folder that exists"
        raise InvalidInputError(f"{option} {path} {reason}", hint=hint)


def _time(
    option: str, text: str, units: Mapping[str, Decimal], longest_ms: float, bound: str, such_as: str
) -> float:
    found = re.fullmatch(rf"\s*([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s*({'|'.join(units)})\s*", text)
    value = float(Decimal(found[1]) * units[found[2]]) if found else -1.0
    if not 0 <= value <= longest_ms:
        raise InvalidInputError(
            f"{option}: found {text[:_SHOWN]!r}; expected a time of {bound} with its unit "
            f"({', '.join(units)}), such as {such_as}"
        )
    return value
