"""Hold profiles that are in the scenario file itself, so that a report is one file.

They are checked with the scenario. What they lack is recorded times: those are in a file beside that of
a profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from harness.errors import Problem
from harness.holds.profile import Profile

KEY: Final = "own_profiles"


class OwnProfile(Profile):
    """A hold profile that only this scenario has. Its keys are those of a profile file."""

    schema_version: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the format; it may be left out here."""


def own_profiles(raw: Mapping[str, Any]) -> tuple[dict[str, OwnProfile], list[str]]:
    """Return the profiles in a scenario, read as `raw`, and the names of those that are invalid."""
    given = raw.get(KEY)
    found, invalid = {}, []
    for name, content in given.items() if isinstance(given, dict) else ():
        try:
            found[name] = OwnProfile.model_validate(content)
        except ValidationError:  # reported with the scenario
            invalid.append(name)
    return found, invalid


def own_profile_problems(
    raw: Mapping[str, Any], listed: list[str], others: list[str], file: str
) -> Iterator[Problem]:
    """Yield what is wrong with the names of own profiles, and what only a file of its own can have.

    `listed` are the profiles of the scenario, `others` those that have a file.
    """
    given = raw.get(KEY)
    for name, content in given.items() if isinstance(given, dict) else ():
        key = f"{KEY}.{name}"
        if name in others:
            yield Problem(file, key, "the name of a profile that has a file", "another name")
        if name not in listed:
            yield Problem(file, key, "a profile that is not used", f"{name!r} in profiles")
        for where in _naming_files(content, key):
            yield Problem(file, where, "a file of recorded times", "it in a profile file: profiles/")


def _naming_files(data: Any, key: str) -> Iterator[str]:
    if isinstance(data, dict):
        if data.get("distribution") == "empirical" and "file" in data:
            yield f"{key}.file"
        for name, each in data.items():
            yield from _naming_files(each, f"{key}.{name}")
    elif isinstance(data, list):
        for number, each in enumerate(data):
            yield from _naming_files(each, f"{key}[{number}]")
