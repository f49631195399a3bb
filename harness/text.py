"""Write values for people: times, shares, sizes, durations, and text from files."""

from __future__ import annotations

import math
import shlex
import subprocess
import sys

SECOND_MS = 1000
LONG_MS = 100_000
"""Times from here on are given in whole seconds."""


def milliseconds(value: float | None) -> str:
    """Format a time with three figures: ``0.3 ms``, ``31 ms``, ``5.11 s``; ``inf`` was not reached."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "not reached"
    if value < SECOND_MS - 0.5:  # else three figures would round up to 1e+03
        return f"{value:.3g} ms"
    return f"{value / SECOND_MS:.3g} s" if value < LONG_MS else f"{value / SECOND_MS:,.0f} s"


def percent(share: float) -> str:
    """Format a share as a percentage, with one decimal where it matters."""
    value = 100 * share
    return f"{value:.0f}" if value in {0, 100} else f"{value:.1f}"


def size(count: float) -> str:
    """Format bytes in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 999.5:  # noqa: PLR2004 - decimal units, three figures
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def duration(seconds: float) -> str:
    """Format a duration roughly: ``8 s``, ``3 min``, ``2 h``."""
    if seconds < 1:
        return "a second"
    for limit, length, unit in ((100, 1, "s"), (6000, 60, "min")):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 3600:.0f} h"


def printable(text: str) -> str:
    """Make text from a file safe for a terminal: no escape sequences, no other control characters."""
    return "".join(
        character if character.isprintable() or character == "\n" else "?" for character in text
    )


def quoted(text: str) -> str:
    """Quote one argument of a command that is printed, for the shells of this system.

    For the shells of Windows a backslash is part of a path, and quotation marks are double ones.
    """
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)


def counted(number: int, noun: str) -> str:
    """A number and what it counts, such as ``1 block`` or ``1,200 blocks``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
