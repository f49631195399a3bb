"""Write values for people: times, shares, sizes, lengths of time, and text from files.

One rounding rule: estimates are rounded to the nearest number (half to even), intervals outward, so that
what is shown never claims more than what is known. ``playground.js`` has the same rule.
"""

from __future__ import annotations

import difflib
import math
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

SECOND_MS: Final = 1000
LONG_MS: Final = 100_000
"""From here on, times are given in whole seconds."""
_MOST_DECIMALS: Final = 12
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)")

Rounding = Literal["nearest", "down", "up"]
"""``down`` for the lower bound of an interval, ``up`` for the upper one."""


def milliseconds(value: float | None, rounding: Rounding = "nearest") -> str:
    """Format a time with three figures: ``0.3 ms``, ``31 ms``, ``5.11 s``; ``inf`` was not reached."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "not reached"
    if value < SECOND_MS - 0.5:  # else three figures would round up to 1000 ms
        return f"{figures(value, rounding)} ms"
    seconds = value / SECOND_MS
    return f"{figures(seconds, rounding) if value < LONG_MS else f'{_whole(seconds, rounding):,}'} s"


def percent(share: float, rounding: Rounding = "nearest") -> str:
    """Format a share, 0 to 1, as a percentage: one decimal, none for exactly 0 and 100.

    Within 0.1 % of either end: two figures of what is missing to it.
    """
    if math.isnan(share):
        return "-"
    if share in {0, 1}:
        return f"{100 * share:.0f}"
    missing = 100 * min(share, 1 - share)
    decimals = 1 if missing >= 0.1 else _decimals(missing, 10)  # noqa: PLR2004 - per cent
    return _fixed(100 * share, decimals, rounding)


def points(difference: float, rounding: Rounding = "nearest") -> str:
    """Format a difference of two shares in percentage points, with its sign: ``+1.5``."""
    return f"{_whole(1000 * difference, rounding) / 10:+.1f}"


def figures(value: float, rounding: Rounding = "nearest") -> str:
    """Format a number with at least three figures and no exponent: ``0.0123``, ``2.5``, ``1,234``."""
    decimals = _decimals(abs(value), 100)
    text = _fixed(value, decimals, rounding)
    return text.rstrip("0").rstrip(".") if decimals else f"{int(text):,}"


def _decimals(value: float, least: int) -> int:
    """How many decimals of `value` make, without the point, a number of at least `least`."""
    decimals = 0
    while 0 < value * 10**decimals < least and decimals < _MOST_DECIMALS:
        decimals += 1
    return decimals


def _fixed(value: float, decimals: int, rounding: Rounding) -> str:
    scale = 10**decimals
    return f"{_whole(value * scale, rounding) / scale:.{decimals}f}"


def _whole(value: float, rounding: Rounding) -> int:
    slack = 1e-12 * abs(value)  # a decimal that binary cannot represent exactly is not rounded away
    match rounding:
        case "down":
            return math.floor(value + slack)
        case "up":
            return math.ceil(value - slack)
        case _:
            return round(value)


def ordinal(number: int) -> str:
    """The place of something in an order: ``first``, ``2nd``, ``3rd``, ``11th``, ``72nd``."""
    if number == 1:
        return "first"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 // 10 != 1 else "th"
    return f"{number:,}{ending}"


def assumed_calls(calls: float, cost_ms: float) -> str:
    """A time that is no more than calls of an assumed length: ``896 calls x 0.3 ms (assumed)``."""
    return f"{counted(round(calls), 'call')} x {figures(cost_ms)} ms (assumed)"


def size(count: float) -> str:
    """Format bytes in decimal units."""
    for unit in ("B", "kB", "MB"):
        if count < 999.5:  # noqa: PLR2004 - decimal units, three figures
            return f"{figures(count)} {unit}"
        count /= 1000
    return f"{figures(count)} GB"


def time_range(low_s: float, high_s: float) -> str:
    """Format a range of time, rounded outward: ``2 to 3 min``, ``40 s to 3 min``, ``up to 9 s``."""
    if high_s < 1:
        return "about a second"
    low_unit, low_length = _unit(low_s)
    unit, length = _unit(high_s)
    low, high = math.floor(low_s / length), math.ceil(high_s / length)
    if low == high:
        return f"{high:,} {unit}"
    if low:
        return f"{low:,} to {high:,} {unit}"
    low = math.floor(low_s / low_length)
    return f"{low} {low_unit} to {high} {unit}" if low else f"up to {high} {unit}"


def _unit(seconds: float) -> tuple[str, int]:
    """The unit in which a time is given, and its length in seconds."""
    if seconds < 100:  # noqa: PLR2004 - two figures
        return "s", 1
    return ("min", 60) if seconds < 6000 else ("h", 3600)  # noqa: PLR2004 - two figures


def printable(text: str) -> str:
    """Make text from a file safe for a terminal: no escape sequences, no other control characters."""
    return "".join(
        character if character.isprintable() or character == "\n" else "?" for character in text
    )


def one_line(text: str) -> str:
    """Show text from outside on one line: an end of a line as a space, other controls as ``?``."""
    return printable(text).replace("\n", " ")


def columns(text: str) -> int:
    """Count the columns that `one_line` of text takes: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def quoted(text: str) -> str:
    """Quote one argument of a command that is printed, for the shells of this system.

    For the shells of Windows a backslash is part of a path, and quotation marks are double ones.
    """
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)


def joined(words: Sequence[str], last: str = " and ", *, most: int | None = None) -> str:
    """Join words to a list in a sentence: ``handle, probability and delay``.

    Of more than `most`, the first ones and the number of the others: ``handle and 12 more``.
    """
    if most is not None and len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1:,} more"]
    return last.join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def is_plain(name: str) -> bool:
    """Whether a name stands in a sentence as it is; others, as notation, are in quotation marks."""
    return not re.search(r"[\s,;:]", name)


def in_sentence(name: str) -> str:
    """A name as it stands in a sentence: ``exponential``, ``"10ms x2 for 10s"``."""
    return name if is_plain(name) else f'"{name}"'


def begun(words: str) -> str:
    """Words as a sentence begins: their first letter is a capital, the others stay as they are."""
    return f"{words[:1].upper()}{words[1:]}"


def in_order(text: str) -> tuple[list[str | float], str]:
    """A key to sort texts by, in which numbers are ordered by their value: ``0, 2000, 15000``."""
    parts = enumerate(_NUMBER.split(text))
    return [float(part) if place % 2 else part for place, part in parts], text


def by_place(order: Iterable[str]) -> Callable[[str], tuple[int, str]]:
    """A key to sort names by: in this `order`, other names after them by name."""
    places = {name: place for place, name in enumerate(dict.fromkeys(order))}
    return lambda name: (places.get(name, len(places)), name)


def counted(number: float, noun: str) -> str:
    """A number and what it counts: ``1 block``, ``1,200 blocks``, ``2.55 attempts``, ``3 retries``."""
    text = f"{number:,}" if isinstance(number, int) else figures(number)
    if text == "1":
        return f"1 {noun}"
    return f"{text} {noun[:-1]}ies" if noun[-1] == "y" else f"{text} {noun}s"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Suggest the one of `names` that is nearest to `name`, with a space after it; empty if none is."""
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.7)
    return f"Did you mean {near[0]}? " if near else ""


def available(name: str, names: Iterable[str]) -> str:
    """Suggest what to use instead of an unknown `name`: the nearest of `names`, and all of them."""
    known = list(names)
    return f"{did_you_mean(name, known)}Available: {', '.join(known)}."
