"""Durations and numbers as strategy notation spells them: exact, so that reading gives them back."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

LONGEST_MS: Final = 3_600_000.0
"""The longest time that a strategy may name."""
UNITS: Final = {"us": Decimal("0.001"), "ms": Decimal(1), "s": Decimal(1000), "min": Decimal(60_000)}
"""Milliseconds in each unit."""


def read_ms(number: str, unit: str) -> float:
    """Return a duration in milliseconds, rounded once."""
    return float(Decimal(number) * UNITS[unit])


def spell_number(value: float | Decimal) -> str:
    """Spell a number in full, without an exponent."""
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def spell_duration(ms: float, gap: str = "") -> str:
    """Spell a duration: ``250us``, ``10ms``, ``5s``, ``2min``; `gap` goes before the unit.

    >>> spell_duration(250), spell_duration(90_000, " ")
    ('250ms', '90 s')
    """
    exact = Decimal(repr(float(ms)))
    if not exact:
        return "0"
    if exact % 60_000 == 0 and exact > 60_000:  # noqa: PLR2004 - `60s` reads better than `1min`
        unit = "min"
    elif exact % 1000 == 0:
        unit = "s"
    else:
        unit = "ms" if exact >= 1 else "us"
    return f"{spell_number(exact / UNITS[unit])}{gap}{unit}"


def spell_retries(count: int) -> str:
    """Spell a number of retries: ``1 retry``, ``1200 retries``."""
    return f"{count} {'retry' if count == 1 else 'retries'}"
