"""Strategies of older manifests, named as they are today, so that each stays what it was.

Manifests without the notation of their strategies are from a time when the name of a system stood for
the system's first strategy, and a number in a list of waits took the unit of the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from harness.strategy import catalogue, lookup

_NUMBER: Final = r"\d+(?:\.\d+)?"
_UNIT: Final = r"(?:us|ms|s|min)"
_LIST: Final = re.compile(
    rf"{_NUMBER}{_UNIT}?(?: *, *{_NUMBER}{_UNIT}?)* *, *{_NUMBER}(?P<unit>{_UNIT})\b"
)
_BARE: Final = re.compile(rf"(?<![\d.]){_NUMBER}(?= *,)")


def resolved(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest, as read from JSON, in which no name or list of waits depends on its time."""
    for choice, made in _strategies(manifest):
        if made.get("notation") is not None or made.get("source") is not None:
            continue
        parameters = made.get("parameters")
        before = (made.get("use"), dict(parameters) if isinstance(parameters, dict) else parameters)
        for table in (made, choice):
            if isinstance(use := table.get("use"), str):
                table["use"] = _first(use)
        for given in (parameters, choice):
            if isinstance(given, dict) and isinstance(text := given.get("strategy"), str):
                given["strategy"] = with_units(text)
        if before != (made.get("use"), parameters):
            choice["label"] = made.get("label")  # which names its trials
    return manifest


def with_units(notation: str) -> str:
    """Spell the unit of the last number in a list of waits after each number that has none."""
    return _LIST.sub(lambda found: _BARE.sub(rf"\g<0>{found['unit']}", found[0]), notation)


def _first(use: str) -> str:
    """Return the id of a system's first strategy, of that version if it is named; others as they are."""
    entries = [] if use in lookup.shipped() else catalogue.select(use)
    return entries[0].id if entries else use


def _strategies(manifest: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each strategy as its scenario has it, and as it was resolved."""
    for entry in _tables(manifest.get("scenarios")):
        scenario = entry.get("scenario")
        choices = scenario.get("strategies") if isinstance(scenario, dict) else None
        yield from zip(_tables(choices), _tables(entry.get("strategies")), strict=False)


def _tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
