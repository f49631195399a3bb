"""The nearest notation to a text that is none: an example from the numbers found in the text.

It is a suggestion in an error, never run: what a number is for is guessed from the words around it.
"""

from __future__ import annotations

import re
from typing import Final

from harness.strategy.durations import LONGEST_MS, read_ms, spell_duration
from harness.strategy.spelling import with_codes, with_symbols

_D: Final = r"(\d{1,9}(?:\.\d{1,9})?)(us|ms|s|min)\b"
_COUNT: Final = re.compile(r"\b(\d{1,5})\s+(?:more\s+)?(retr|attempt|tr|time)", re.IGNORECASE)
_LIMIT: Final = re.compile(
    rf"\b(?:for|within|over|total|budget|timeout|deadline)\s+(?:of\s+|up to\s+|at most\s+|max\s+)?{_D}"
    rf"|{_D}\s+(?:in\s+)?(?:total|overall|budget|grace|timeout|deadline|window|wall)",
    re.IGNORECASE,
)
_CAP: Final = re.compile(
    rf"\b(?:cap|capped|max(?:imum)?)\s+(?:delay\s+|wait\s+|at\s+)?{_D}", re.IGNORECASE
)
_LIST: Final = re.compile(r"((?:\b\d{1,6},\s*)*\b\d{1,6}),?(?:\s+and)?\s+(\d{1,6})(us|ms|s)\b")
_GROWS: Final = re.compile(r"\bx\d|exp|back-?off|doubl|factor|multipl", re.IGNORECASE)
_CODES: Final = re.compile(r"\bon ((?:any but )?[1-9]\d{0,3}(?:, ?[1-9]\d{0,3})*|any)\b", re.IGNORECASE)
_NUMERALS: Final = re.compile(
    r"\b(?:(two)|(three)|(four)|(five)|(six)|(seven)|(eight)|(nine)|(ten))(?= (?:retr|attempt|tr|time))",
    re.IGNORECASE,
)
_FIRST_MS: Final = 10.0
_RETRIES: Final = 10
"""What is written where the text says nothing."""


def nearest(text: str) -> str:
    """Return notation with the numbers of `text`, and ordinary ones for what it does not say.

    >>> nearest("tries for a while, 500ms-2s, ~5s total, five times")
    '500ms x2 cap 2s 5 retries within 5s'
    """
    text = with_symbols(with_codes(text))
    text = _NUMERALS.sub(lambda match: str((match.lastindex or 0) + 1), text)
    errors = _CODES.search(text)
    text = _CODES.sub(" ", text)
    count = _COUNT.search(text)
    number = int(count[1]) if count else 0
    limit, text = _take(_LIMIT, text)
    end = f"{number or _RETRIES} {'attempts' if count and count[2] == 'attempt' else 'retries'}"
    if limit is not None:
        end = f"{end} within {spell_duration(limit)}" if number else f"for {spell_duration(limit)}"
    waits = _waits(text)
    if waits is None and limit is not None and number:  # that last as long together
        waits, end = spell_duration(max(1, limit // number)), end.split(" within")[0]
    on = f" on {errors[1].replace(', ', ',')}" if errors else ""
    return f"{waits or spell_duration(_FIRST_MS)} {end}{on}"


def _waits(text: str) -> str | None:
    """Return the waits of a text, from which the time limit was taken."""
    if listed := _LIST.search(text):
        each = [f"{number}{listed[3]}" for number in re.findall(r"\d+", listed[1])]
        return f"{','.join(each)} then {listed[2]}{listed[3]}"
    grows = _GROWS.search(text) is not None
    cap, text = _take(_CAP, text)
    found = [ms for number, unit in re.findall(_D, text) if (ms := _ms(number, unit))]
    if not found:
        return f"{spell_duration(_FIRST_MS)} x2" if grows else None
    if cap is None:
        cap = next((ms for ms in found[1:] if ms > found[0]), None)
    first = spell_duration(found[0])
    if cap is not None:
        return f"{first} x2 cap {spell_duration(cap)}"
    return f"{first} x2" if grows else first


def _take(pattern: re.Pattern[str], text: str) -> tuple[float | None, str]:
    """Return the duration that a pattern finds, and the text without it."""
    match = pattern.search(text)
    if match is None:
        return None, text
    number, unit = (each for each in match.groups() if each is not None)
    return _ms(number, unit) or None, f"{text[: match.start()]} {text[match.end() :]}"


def _ms(number: str, unit: str) -> float:
    return min(read_ms(number, unit), LONGEST_MS)
