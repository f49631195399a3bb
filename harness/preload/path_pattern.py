"""The patterns of denials as regular expressions, as fnmatch(3) reads them in ``wine/denials.c``."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(
    r"\\(?P<literal>.)|(?P<any>\*)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<set>[^\]]+)\]", re.DOTALL
)


def path_pattern(pattern: str, *, same_depth: bool = False) -> re.Pattern[str]:
    """Compile a pattern; with `same_depth` a wild card does not match ``/``."""
    one = "[^/]" if same_depth else "."

    def part(found: re.Match[str]) -> str:
        if found["literal"] is not None:
            return re.escape(found["literal"])
        if found["set"] is not None:
            within = re.sub(r"([\\\[&~|])", r"\\\1", found["set"])
            return f"[{'^' if found['not'] else ''}{within}]"
        return one if found["one"] is not None else f"{one}*"

    made, end = [], 0
    for found in _PART.finditer(pattern):
        made += [re.escape(pattern[end : found.start()]), part(found)]
        end = found.end()
    return re.compile("".join([*made, re.escape(pattern[end:])]), re.DOTALL)


def has_wild_card(pattern: str) -> bool:
    """Whether a pattern may match several paths."""
    return any(found["literal"] is None for found in _PART.finditer(pattern))


def literal(pattern: str) -> str:
    """The path that a pattern without wild cards stands for."""
    return re.sub(r"\\(.)", r"\1", pattern)
