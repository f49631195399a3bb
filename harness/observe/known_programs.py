"""The programs whose names may leave a log: well-known ones, which tell nothing of a person.

A log names every program that opened a file: those of a customer, of a project, of a person. A name that
is not listed here is never shown, so no damage to a log can bring one out.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final

OTHERS: Final = "other programs"

_LISTED: Final[dict[str, list[str]]] = tomllib.loads(
    files("harness.observe").joinpath("known_programs.toml").read_text(encoding="utf-8")
)
_SCANNERS: Final = frozenset(_LISTED["scanners"])
_ENDINGS: Final = ("", ".exe", ".cmd", ".bat", ".com")
_KNOWN: Final = frozenset(
    f"{name}{ending}" for names in _LISTED.values() for name in names for ending in _ENDINGS
)


def public_name(program: str) -> str:
    """The name of a well-known program as it is, of any other one `OTHERS`."""
    name = program.strip().casefold()
    return name if name in _KNOWN else OTHERS


def is_scanner(program: str) -> bool:
    """Whether a program is part of a well-known antivirus or EDR product, by its file's name."""
    return program.strip().casefold().removesuffix(".exe") in _SCANNERS
