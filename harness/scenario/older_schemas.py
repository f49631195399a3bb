"""Scenario and profile files of schema 1, read as those of schema 2.

Schema 2 names things as the rest of the harness does: ``profiles`` (was ``interference``), ``strategy``
for a strategy in notation (was ``policy``), ``freshness`` of an ambient profile (was ``identity``).
Nothing else differs, so draws and results stay what they were.
"""

from __future__ import annotations

import re
from typing import Any, Final

SCHEMA: Final = 2
"""Version of scenario and profile files. 1 is still read, also inside of manifests."""


def upgraded_scenario(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a scenario file in the current schema; unknown versions as they are."""
    if raw.get("schema") != 1:
        return raw
    names = {"interference": "profiles"}
    data = {names.get(key, key): value for key, value in raw.items()} | {"schema": SCHEMA}
    strategies = data.get("strategies")
    if isinstance(strategies, list):
        data["strategies"] = [_upgraded_choice(choice) for choice in strategies]
    return data


def upgraded_profile(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a profile file in the current schema; unknown versions as they are."""
    if raw.get("schema") != 1:
        return raw
    data = {**raw, "schema": SCHEMA}
    ambient = data.get("ambient")
    if isinstance(ambient, dict):
        data["ambient"] = {("freshness" if key == "identity" else key): ambient[key] for key in ambient}
    return data


def upgraded_parameters(use: object, parameters: dict[str, Any]) -> tuple[object, dict[str, Any]]:
    """Return the name and the parameters of a strategy that is not from a Python file."""
    renamed = {("strategy" if key == "policy" else key): value for key, value in parameters.items()}
    return ("notation" if use == "policy" else use), renamed


def _upgraded_choice(choice: object) -> object:
    if not isinstance(choice, dict) or choice.get("file") is not None or "policy" not in choice:
        return choice
    use, renamed = upgraded_parameters(choice.get("use"), choice)
    if use == "notation":
        del renamed["use"]
    return renamed


_REWRITES: Final = (
    (re.compile(r"^(\s*schema\s*=\s*)1\b"), rf"\g<1>{SCHEMA}"),
    (re.compile(r"^(\s*)interference(\s*=)"), r"\1profiles\2"),
    (re.compile(r"\b(ambient\s*=\s*\{[^}]*?|^\s*)identity(\s*=)"), r"\1freshness\2"),
    (re.compile(r"([{,]\s*)use\s*=\s*\"policy\"\s*,\s*policy(\s*=)"), r"\1strategy\2"),
    (re.compile(r"([{,]\s*)policy(\s*=)"), r"\1strategy\2"),
)

_LONGEST_LINE: Final = 5_000
"""Longer lines are not shown, and searching them may take minutes."""


def rewritten_lines(file: str, text: str) -> tuple[str, ...]:
    """Return the lines of a `file` of schema 1 that schema 2 spells otherwise: place and new spelling.

    For people: the file itself is read by its content, not by these lines.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LONGEST_LINE:
            continue
        new = line
        for pattern, replacement in _REWRITES:
            new = pattern.sub(replacement, new)
        if new != line:
            found.append(f"{file}, line {number}: {new.strip()}")
    return tuple(found)
