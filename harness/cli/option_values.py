"""Values of options that are written with a unit: shares and times."""

from __future__ import annotations

import re
from typing import Final

from harness.errors import InvalidInputError
from harness.strategy.durations import LONGEST_MS, UNITS, read_ms

_SHOWN: Final = 40


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
    found = re.fullmatch(rf"\s*([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s*({'|'.join(UNITS)})\s*", text)
    value = read_ms(found[1], found[2]) if found else -1.0
    if not 0 <= value <= LONGEST_MS:
        raise InvalidInputError(
            f"{option}: found {text[:_SHOWN]!r}; expected a time of at most an hour with its unit "
            f"({', '.join(UNITS)}), such as 500ms or 30s"
        )
    return value
