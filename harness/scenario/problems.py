"""Pydantic's errors as problems of a file: the key, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from harness.errors import Problem
from harness.holds.strict import Strict

if TYPE_CHECKING:
    from pydantic import ValidationError


def problems_of(error: ValidationError, file: str) -> Iterator[Problem]:
    """Yield pydantic's errors as problems of `file`."""
    for detail in error.errors(include_url=False):
        yield Problem(
            file,
            key_of(_without_tags(detail["loc"])),
            found_of(detail["type"], detail["input"]),
            expected_of(detail),
        )


def first_problem(error: ValidationError) -> str:
    """Return what the first of pydantic's errors found and expected, on one line."""
    detail = error.errors(include_url=False)[0]
    return f"found {found_of(detail['type'], detail['input'])}; expected {expected_of(detail)}"


def _without_tags(location: tuple[int | str, ...]) -> Iterator[int | str]:
    """Skip what pydantic adds to a location only to name the member of a union."""
    before: int | str = ""
    for part in location:
        if not (part in _tags() and (isinstance(before, int) or before == "of")):
            yield part
        before = part


@cache
def _tags() -> frozenset[str]:
    """Return the tags of all unions: the values of ``kind`` and ``distribution``."""
    models = [Strict]
    for model in models:  # grows on the way
        models += model.__subclasses__()
    fields = [model.model_fields.get(name) for model in models for name in ("kind", "distribution")]
    return frozenset(tag for field in fields if field is not None for tag in get_args(field.annotation))


def key_of(location: Iterable[int | str]) -> str:
    """Spell a location as ``strategies[2].initial_ms``."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "the file"


def found_of(kind: str, value: object) -> str:
    """Describe what was found, for an error of pydantic's type `kind`."""
    if kind == "missing":
        return "nothing"
    if kind == "extra_forbidden":
        return "an unknown key"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - fits a terminal line


def expected_of(detail: Any) -> str:
    """Describe what was expected, from one of pydantic's error details."""
    if detail["type"] == "extra_forbidden":
        return "no such key here; see `harness schema`"
    if detail["type"] == "missing":
        return "a value, it is required"
    if detail["type"] == "union_tag_invalid":
        return f"{detail['ctx']['discriminator']} to be one of {detail['ctx']['expected_tags']}"
    message = str(detail["msg"])
    for prefix in ("Value error, ", "must be ", "Input should be ", "Input should "):
        message = message.removeprefix(prefix)
    return (
        message.replace(" after validation", "")
        .replace("String should have", "a string with")
        .replace("List should have", "a list with")
        .replace("String should match", "a string that matches")
    )
