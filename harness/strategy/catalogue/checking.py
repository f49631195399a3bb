"""What is wrong with a file of the catalogue, in sentences for its author.

The types of the catalogue's dataclasses are what is checked, without pydantic: a tool that only uses a
strategy loads this, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from harness.errors import Problem
from harness.text import available, did_you_mean

_TYPES: Final[Mapping[type, str]] = {str: "text in quotes", tuple: "a list of texts", dict: "a table"}


def problems_in(
    table: Mapping[str, Any], model: type, file: str, key: str = "", *, other: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield the keys of a TOML table that are unknown, missing or of a wrong type for a dataclass.

    `key` is where the table is in `file`; `other` are keys of the dataclass that the file does not have.
    """
    known: dict[str, Field[Any]] = {each.name: each for each in fields(model) if each.name not in other}
    hints = get_type_hints(model)
    for name, value in table.items():
        if name not in known:
            near = did_you_mean(name, known) or available(name, known)
            yield Problem(file, key + name, f"unknown key. {near}".strip())
        elif expected := _expected(hints[name], value):
            yield Problem(file, key + name, repr(value), expected)
    for name, each in known.items():
        is_needed = each.default is MISSING and each.default_factory is MISSING
        if is_needed and name not in table:
            yield Problem(file, key + name, "this key is required but missing")


def _expected(hint: Any, value: object) -> str:
    """Return what a type expects instead of `value`; empty if it fits."""
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if origin is Literal:
        fits = value in arguments
        return "" if fits else f"one of {', '.join(arguments)}"
    if origin is tuple:
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
    else:
        fits = isinstance(value, origin)
    return "" if fits else _TYPES[origin]
