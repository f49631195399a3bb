"""What people write for a strategy, as notation has it: ``10 attempts, 50 ms`` is ``50ms 10 attempts``.

Only text that is no notation is respelled, so notation keeps its meaning. Each rule changes one habit;
what none of them knows is left for the parser, which says what it expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from harness.strategy.durations import spell_number
from harness.strategy.error_names import ITEM, TWO_MEANINGS, ErrorName, of_item
from harness.strategy.library_options import options_respelled

_D: Final = r"\d+(?:\.\d+)?(?:us|ms|s|min)\b"
"""A duration, after `_UNITS` have been respelled."""
_UNITS: Final = {
    "us": "us|µs|usecs?|microseconds?",
    "ms": "ms|msecs?|millis|milliseconds?",
    "s": "s|secs?|seconds?",
    "min": "m|mins?|minutes?",
}
_WHOLE: Final = "(?:wall[- ]?clock )?(?:budget|total|overall|altogether|timeout|time limit|deadline)"
"""What the limit of the whole is called after it."""
_END_OF_ERRORS: Final = re.compile(r"\s*(?:,|\||/|\bor\b|\band\b)\s*(?:on\s+)?", re.IGNORECASE)

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _rule(pattern: str, instead: str | Callable[[re.Match[str]], str]) -> _Rule:
    return re.compile(pattern.replace("<D>", _D), re.IGNORECASE), instead


def _percent(match: re.Match[str]) -> str:
    share = min(float(match[1]) / 100, 1.0)
    low, high = (spell_number(round(1 + sign * share, 6)) for sign in (-1, 1))
    return f"jitter x{low}..{high}"


def _times_over_list(match: re.Match[str]) -> str:
    """Return the waits where their number says whether attempts or retries are counted."""
    return match[2] if int(match[1]) - len(match[2].split(",")) in {0, 1} else match[0]


_LIST: Final = rf"(?:\d+(?:\.\d+)?(?:us|ms|s|min)?\s*,\s*)+{_D}"

_SYMBOLS: Final[tuple[_Rule, ...]] = (
    *(
        _rule(rf"(?<![\w.])(\d+(?:\.\d+)?|\.\d+)\s*(?:{names})(?![\w%])", rf"\g<1>{unit}")
        for unit, names in _UNITS.items()
    ),
    _rule(r"(?<![\w.])\.(\d+(?:us|ms|s|min))\b", r"0.\1"),
    _rule(r"(?:~|≈|\babout\s|\bapprox(?:\.|imately)?\s)\s*(?=<D>)", ""),
    _rule(r"\(([^()]*)\)", r" \1 "),
)
"""Units, numbers and signs, before words."""
_RULES: Final[tuple[_Rule, ...]] = (
    # lists of waits
    _rule(r"((?:\d+(?:\.\d+)?(?:us|ms|s|min)?\s*,\s*)+\d\w*)\s*,?\s+and\s+(<D>)", r"\1,\2"),
    _rule(r"^\s*(<D>),?\s+then\s+(<D>)(?=\s*(?:\bon\b.*)?$)", r"\1,\2"),
    _rule(r"(<D>),\s*then\s+(?=<D>)", r"\1 then "),
    _rule(
        rf"^\s*(?:retry\s+)?(\d+)\s+(?:times|attempts|retries|tries)\s+(?:across|over|at|with|after)\s+({_LIST})",
        _times_over_list,
    ),
    # counts
    _rule(r"^\s*retry(?:ing)?\s+(?=every\b|<D>)", ""),
    _rule(r"\b(?:at most|up to|max(?:imum)?(?: of)?|retry)\s+(\d+)\s+(?=retr|attempt|tr|time)", r"\1 "),
    _rule(r"\b(\d+)\s+(?:tries|try)\b", r"\1 attempts"),
    _rule(r"\b(\d+)\s+times\b", r"\1 retries"),
    _rule(r"\b(\d+)\s*[x*\u00d7]\s*(<D>)", r"\2 \1 retries"),
    _rule(r"(<D>)\s*[x*\u00d7]\s*(\d+)\s+(?=retr|attempt)", r"\1 \2 "),
    _rule(r"^\s*(<D>)\s*[*\u00d7]\s*(\d+)\s*(?=on\b|$)", r"\1 \2 retries "),
    _rule(r"[*\u00d7]\s*(?=\d)", "x"),
    _rule(r"^\s*(\d+\s+(?:retry|retries|attempts?))\s*,?\s*(?:of|every|at|with|a|,|\s)*(<D>)", r"\2 \1"),
    # waits
    _rule(
        r"\b(?:max(?:imum)?\s+(?:delay|wait|interval)|capped(?:\s+at)?|cap\s+at)\s+(?:of\s+)?(?=<D>)",
        "cap ",
    ),
    _rule(r"\b(?:wait|sleep|delay|every|interval)(?:ing|s)?\s+(?:of\s+)?(?=<D>)", ""),
    _rule(r"\b(?:exponential|expo|exp)(?:ly)?\s*[_-]?back-?off\b", "exponential"),
    _rule(
        r"\bexponential\s+(?:from\s+)?(<D>)\s*(?:\.\.|-|\u2013|to\b)\s*(<D>)(?!\s*x)", r"\1 x2 cap \2"
    ),
    _rule(r"\bexponential\s+(<D>)\s+doubling\b", r"\1 doubling"),
    _rule(r"(<D>),?\s+doubling\s+(?:up\s+)?to\s+(?=<D>)", r"\1 x2 cap "),
    _rule(r"\b(?:exponential|expo|exp)(?:ly)?\s*(?:from|of|,)?\s*(<D>)(?!\s*x)", r"\1 x2"),
    _rule(
        r"(<D>),?\s+(?:exponential|exponentially|exp(?:o)?|doubling|doubled)\b(?:\s+back-?off)?",
        r"\1 x2",
    ),
    _rule(r"(<D>),?\s+(?:factor|multiplier|base|backoff)\s+(?=\d)", r"\1 x"),
    _rule(r"\blinear(?:ly)?(?:\s+back-?off)?\s*(?:from|of|in|,)?\s*(<D>)(?:\s+steps?\b)?", r"\1 +\1"),
    _rule(r"(<D>),?\s+linear(?:ly)?\b", r"\1 +\1"),
    _rule(r"\b(?:fixed|constant)\s+(?=<D>)", ""),
    _rule(r"(<D>),?\s+(?:fixed|constant)\b", r"\1"),
    # jitter: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015), has the names
    _rule(r"\bfull\s+jitter\b|\bjitter\s+full\b", "jitter x0..1"),
    _rule(r"\bequal\s+jitter\b|\bjitter\s+equal\b", "jitter x0.5..1"),
    _rule(r"\bjitter\s*(?:±|\+/-|\+-)?\s*(\d+(?:\.\d+)?)\s*%", _percent),
    _rule(r"(?:±|\+/-|\+-)?\s*\b(\d+(?:\.\d+)?)\s*%\s+jitter\b", _percent),
    _rule(r"\b(?:no|without)\s+jitter\b", ""),
    # limits
    _rule(r"\bfor\s+(?:at most|up to|max(?:imum)?)\s+(<D>)(?:\s+(?:in )?total)?", r"within \1"),
    _rule(
        r"\b(?:at most|up to|max(?:imum)?)\s+(<D>)\s+(?:in )?(?:total|overall|altogether)\b",
        r"within \1",
    ),
    _rule(rf"(<D>)\s+(?:in )?(?:{_WHOLE})\b", r"within \1"),
    _rule(r"^\s*(within|for)\s+(<D>)\s*,?\s*(?:with\s+|and\s+)?(?=<D>)(.+)$", r"\3 \1 \2"),
    _rule(
        r"^(?=.*(?:<D>|\b\d+)\s+retr|.*\battempts?\b|.*\b(?:for|within)\s)"
        r"(\s*<D>\s+(?:x\d|\+\d|fibonacci)\S*.*?)[ ,]+(?:at most|up to|max)\s+(?=<D>)",
        r"\1 cap ",
    ),
    _rule(r"\b(?:per|for the whole|for each)\s+install\b|\bfor all files\b", "shared"),
    _rule(r"\bper\s+(?:file|operation|call|rename)\b", ""),
    # clauses are separated by spaces alone
    _rule(
        r"(?<=[0-9a-z])\s+(?:and|with)\s+(?=(?:cap|jitter|for|within|on|\d+\s+(?:retr|attempt))\b)", " "
    ),
    _rule(r"[,;]\s*(?=\d+\s+(?:retr|attempt)|(?:cap|jitter|for|within|on|else|while|unless|by)\b)", " "),
)

_HINTS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (
        re.compile(
            rf"\b(?:at most|up to|max(?:imum)?)\s+(?P<ms>{_D})(?!\s+(?:in )?total)", re.IGNORECASE
        ),
        "It may be the longest wait, `cap {ms}`, or the longest time, `within {ms}`.",
    ),
    *(
        (re.compile(rf"\b{name}\b", re.IGNORECASE), f"{meaning}.")
        for name, meaning in TWO_MEANINGS.items()
    ),
    (
        re.compile(r"\buntil\b", re.IGNORECASE),
        "Each attempt looks whether it can be done; say for how long: `2s for 60s`.",
    ),
    (
        re.compile(r"\bthen\b.*\bon\b|\bon\b.*\bon\b", re.IGNORECASE),
        (
            "Errors with the same waits are one list, `100ms 9 retries on 5,32`; other waits come after "
            "a semicolon: `100ms 9 retries on 5; 1s 5 retries on 32`."
        ),
    ),
    (
        re.compile(r"\benv:|\$\w|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b"),
        (
            "On the command line `for env:NAME or 30s` takes the value of an environment variable; in a "
            "file, write the value."
        ),
    ),
)
"""What to say of habits that no rule can respell."""


def hint_for(text: str) -> str | None:
    """Return what to write instead of `text`, where that is known."""
    text = with_symbols(text)
    found = ((pattern.search(text), hint) for pattern, hint in _HINTS)
    return next(
        (
            hint.replace("{ms}", match["ms"]) if "ms" in match.groupdict() else hint
            for match, hint in found
            if match
        ),
        None,
    )


def with_symbols(text: str) -> str:
    """Return `text` with its units, numbers and brackets as notation has them, its words unchanged."""
    for pattern, instead in _SYMBOLS:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def respelled(text: str) -> str:
    """Return `text` as strategy notation spells it, as far as a rule knows what is meant."""
    if not text.isprintable():  # a tab or a line break is no habit
        return text
    parts = text.split(";")
    each_for_its_errors = all(re.search(r"\bon\b", part) for part in parts)
    return "; ".join(map(_respelled, parts)) if each_for_its_errors else _respelled(text)


def _respelled(text: str) -> str:
    text = with_symbols(with_codes(text))
    if (options := options_respelled(text)) is not None:
        return options
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return " ".join(text.split())


def with_codes(text: str) -> str:
    """Replace the errors after each ``on`` by their codes."""
    parts, position = [], 0
    for match in re.finditer(r"\bon\s+(any\s+but\s+)?", text, re.IGNORECASE):
        if match.start() < position:
            continue
        items, end = _items(text, match.end())
        codes = _joined(items)
        if codes is None or (match[1] and codes.startswith("any")):
            continue
        parts += [text[position : match.end()], codes]
        position = end
    return "".join(parts) + text[position:]


def _items(text: str, start: int) -> tuple[list[re.Match[str]], int]:
    """Return the errors that are listed from `start`, and where the list ends."""
    items: list[re.Match[str]] = []
    end = start
    while item := ITEM.match(text, start):
        items.append(item)
        end = item.end()
        separator = _END_OF_ERRORS.match(text, end)
        if separator is None:
            break
        start = separator.end()
    return items, end


def _joined(items: list[re.Match[str]]) -> str | None:
    """Return the codes of several errors together; ``None`` if it is not clear what is meant."""
    found = [of_item(item) for item in items]
    known = [each for each in found if each is not None]
    unclear = [item for item, each in zip(items, found, strict=True) if each is None]
    if not known or any((item["name"] or "").upper() not in TWO_MEANINGS for item in unclear):
        return None
    listed = dict.fromkeys(code for each in known if not each.all_but for code in each.codes)
    excepted = _excepted(known)
    if excepted is None:
        return ",".join(map(str, listed))
    left = [code for code in excepted if code not in listed]
    return f"any but {','.join(map(str, left))}" if left else "any"


def _excepted(names: list[ErrorName]) -> list[int] | None:
    """Return the codes that no name with all but some has; ``None`` if there is no such name."""
    sets = [set(each.codes) for each in names if each.all_but]
    return sorted(set.intersection(*sets)) if sets else None
