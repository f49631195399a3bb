"""The options of retry libraries, as notation has them: ``{retries: 5, minTimeout: 100}``.

node-retry, promise-retry and p-retry count in milliseconds, start at 1 s and double (node-retry 0.13,
lib/retry.js); backon's builder says ``min 100ms, max 10s, factor 2`` (backon 1.5,
src/backoff/exponential.rs). An option that is not listed here is left for the parser to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harness.strategy.durations import read_ms, spell_duration

_OPTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("retries", "maxretries", "maxtimes", "withmaxtimes"), "retries"),
    **dict.fromkeys(("factor", "multiplier", "withfactor"), "factor"),
    **dict.fromkeys(("mintimeout", "min", "mindelay", "withmindelay"), "first"),
    **dict.fromkeys(("maxtimeout", "max", "maxdelay", "withmaxdelay"), "cap"),
    "maxretrytime": "limit",
}
"""Names without regard to case, ``_`` and ``-``."""
_IN_MS: Final = frozenset({"mintimeout", "maxtimeout", "maxretrytime"})
"""The names whose numbers are milliseconds."""
_OPTION: Final = re.compile(
    r"\s*(?:(?:max(?:imum)?\s+)?(?P<count>\d{1,6})\s+retr(?:y|ies)"
    r"|(?P<name>[A-Za-z][\w-]*)\s*[:=\s]\s*(?P<value>\d{1,9}(?:\.\d{1,6})?)\s*(?P<unit>us|ms|s|min|))\s*"
)
_ALL: Final = re.compile(r"\s*(?P<options>\{[^{}]*\}|[^{}]*?)\s*,?\s*(?P<errors>\bon\b.*)?")


def options_respelled(text: str) -> str | None:
    """Return notation for a list of options; ``None`` if `text` is anything else.

    >>> options_respelled("{retries: 5, factor: 2, minTimeout: 100, maxTimeout: 2000}")
    '100ms x2 cap 2s 5 retries'
    """
    whole = _ALL.fullmatch(text)
    if whole is None:
        return None
    found: dict[str, str] = {}
    for option in whole["options"].strip("{}").split(","):
        kind, value = _read(option)
        if not kind or kind in found:
            return None
        found[kind] = value
    first = found.get("first") or ("1s" if whole["options"].startswith("{") else None)
    if first is None or not {"retries", "limit"} & set(found):
        return None
    words = {"cap": "cap {}", "retries": "{} retries", "limit": "for {}"}
    clauses = [form.format(found[kind]) for kind, form in words.items() if kind in found]
    return " ".join([first, f"x{found.get('factor', '2')}", *clauses, whole["errors"] or ""]).strip()


def _read(option: str) -> tuple[str, str]:
    """Return which option it is, and its value in notation; nothing if that is not known."""
    match = _OPTION.fullmatch(option)
    if match is None:
        return "", ""
    if match["count"]:
        return "retries", match["count"]
    name = re.sub("[_-]", "", match["name"]).lower()
    kind, value, unit = _OPTIONS.get(name, ""), match["value"], match["unit"]
    if kind in {"retries", "factor"}:
        return ("", "") if unit or (kind == "retries" and "." in value) else (kind, value)
    if not unit and name not in _IN_MS:
        return "", ""
    return kind, spell_duration(read_ms(value, unit or "ms"))
