"""Environment variables in notation on the command line: the knobs that tools give their users.

``for env:BUN_INSTALL_WIN32_AV_RETRY_MS or 150ms`` takes the value of the variable where it is set, and
else what comes after ``or``. A value without a unit has the one that the name ends in, such as ``_MS``,
or else that of the default. What runs and is recorded is notation with values alone, so a file or a run
means the same on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.errors import InvalidInputError
from harness.text import one_line

_KNOB: Final = re.compile(
    r"\benv:(?P<name>[A-Za-z_][A-Za-z0-9_]*) +or +(?P<number>[0-9.]+)(?P<unit>[a-z]*)"
)
_VALUE: Final = re.compile(r" *(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?) *(?P<unit>us|ms|s|min|) *")
_NAMED_UNITS: Final = {"ms": "ms", "millis": "ms", "s": "s", "secs": "s", "seconds": "s"}
"""Units by the last word of a name, after ``_``."""


def with_values(text: str, environment: Mapping[str, str]) -> str:
    """Return notation with the values of its variables, or their defaults.

    >>> with_values("10ms x2 for env:RETRY_MS or 150ms", {"RETRY_MS": "5000"})
    '10ms x2 for 5000ms'
    >>> with_values("10ms x2 for env:RETRY_MS or 30s", {"RETRY_MS": "500"})
    '10ms x2 for 500ms'

    Raises `InvalidInputError` for a variable whose value is no number with a unit of notation.
    """

    def value_of(knob: re.Match[str]) -> str:
        given = environment.get(knob["name"], "").strip()
        if not given:
            return knob["number"] + knob["unit"]
        value = _VALUE.fullmatch(given)
        is_time = bool(knob["unit"]) or not knob["number"].strip("0.")
        if value is None or (value["unit"] and not is_time):
            unit = "a number, or one with a unit such as 5s" if is_time else "a number"
            raise InvalidInputError(
                f"the environment variable {knob['name']} is {one_line(given)[:40]!r}; expected {unit}",
                hint=f"Set it to such a value, or unset it for {knob['number']}{knob['unit']}.",
            )
        named = _NAMED_UNITS.get(knob["name"].rpartition("_")[2].lower(), "") if is_time else ""
        return value["number"] + (value["unit"] or named or knob["unit"])

    return _KNOB.sub(value_of, text)
