"""Pydantic's errors as problems of a file, in plain words: the key, what was found and expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, get_args

from harness.errors import Problem, found_instead
from harness.holds.strict import Strict
from harness.scenario.names import PATTERNS
from harness.scenario.older_schemas import SCHEMA
from harness.strategy.durations import spell_number
from harness.text import available, did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError

MOST_PROBLEMS: Final = 100
"""More of one file help nobody, and each takes a search for the key that was meant."""
_EXPECTED: Final[Mapping[str, str]] = {
    "greater_than": "a number above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "at most {le}",
    "finite_number": "a finite number",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "list_type": "a list in square brackets",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "too_short": "a list with at least {min_length} of them",
    "too_long": "a list with at most {max_length} of them",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "literal_error": "{expected}",
    "union_tag_invalid": "one of {expected_tags}",
}
"""What was expected, by pydantic's type of error."""


def problems_of(error: ValidationError, file: str, model: type[Strict]) -> Iterator[Problem]:
    """Yield pydantic's errors about a `model` as problems of `file`."""
    details = error.errors(include_url=False)
    for detail in details[:MOST_PROBLEMS]:
        *where, last = location = detail["loc"] or ("",)
        key = key_of(_without_tags(location))
        if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            key += "." + detail["ctx"]["discriminator"].strip("'")
        if detail["type"] == "extra_forbidden":
            yield Problem(file, key, unknown_key(str(last), _keys(model, where)))
        else:
            yield Problem(file, key, *found_and_expected(detail))
    if len(details) > MOST_PROBLEMS:
        yield Problem(file, "the file", f"{len(details) - MOST_PROBLEMS:,} more such problems")


def first_problem(error: ValidationError) -> str:
    """Return what the first of pydantic's errors found and expected, on one line."""
    return found_instead(*found_and_expected(error.errors(include_url=False)[0]))


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Return the message about an unknown `key`: the nearest that is known, else all."""
    known = list(known)
    return f"unknown key. {did_you_mean(key, known) or available(key, known)}".strip()


_OTHER_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("execute", "exec", "spawn", "run", "launch"), "start"),
    **dict.fromkeys(("create", "log", "append", "truncate", "overwrite"), "write"),
    **dict.fromkeys(("delete", "unlink"), "remove-file"),
    **dict.fromkeys(("rmdir", "rmtree"), "remove"),
    **dict.fromkeys(("mkdir", "create-directory"), "make-directory"),
    **dict.fromkeys(("chmod", "attrib"), "clear-read-only"),
    **dict.fromkeys(("link", "mklink"), "symlink"),
    "copy": "copy-onto",
    "move": "rename",
    "replace": "write-replace",
    "hardlink": "place",
}
"""Words of other programs for what an operation does, and its kind."""


def _without_tags(location: tuple[int | str, ...]) -> Iterator[int | str]:
    """Skip what pydantic adds to a location only to name the member of a union."""
    before: int | str = ""
    for part in location:
        if not (part in _tags() and (isinstance(before, int) or before == "of")):
            yield part
        before = part


@cache
def _tags() -> frozenset[str]:
    """Return the tags of all unions."""
    models = [Strict]
    for model in models:  # grows on the way
        models += model.__subclasses__()
    return frozenset().union(*map(_tags_of, models))


def _tags_of(model: type[Strict]) -> frozenset[str]:
    """Return the values of ``kind`` and ``distribution``, by which a union finds its member."""
    fields = [model.model_fields.get(name) for name in ("kind", "distribution")]
    return frozenset(tag for field in fields if field is not None for tag in get_args(field.annotation))


def _keys(model: type[Strict], location: Iterable[int | str]) -> list[str]:
    """Return the keys that a `model` allows at a location."""
    models = [model]
    for part in location:
        if not isinstance(part, int):
            models = (
                [each for each in models if part in _tags_of(each)]
                or [
                    inner
                    for each in models
                    for name, field in each.model_fields.items()
                    if part in {name, field.alias}
                    for inner in _models_in(field.annotation)
                ]
                or models
            )  # the key of a table by names
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _models_in(annotation: object) -> Iterator[type[Strict]]:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def key_of(location: Iterable[int | str]) -> str:
    """Spell a location as ``strategies[2].initial_ms``."""
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "the file"


def found_and_expected(detail: Any) -> tuple[str, str]:
    """Describe one of pydantic's error details as a `Problem` does: what was found and expected."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in {"missing", "union_tag_not_found"}:
        return "this key is required but missing", ""
    if kind == "extra_forbidden":
        return "unknown key", ""
    if detail["loc"][-1:] == ("schema",) and isinstance(value, int) and value > SCHEMA:
        newer = f"{value} is newer than this version of persist-harness reads"
        return f"{newer} (1 to {SCHEMA}): update persist-harness", ""
    if kind == "value_error":
        message = str(context["error"])
        if message.startswith("must not "):
            return f"{_spelled(value)} {message}", ""
        return (message, "") if _is_table(value) else (_spelled(value), message.removeprefix("must be "))
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return _spelled(value), PATTERNS.get(pattern, f"text that matches {pattern}")
    if kind not in _EXPECTED:
        return _spelled(value), str(detail["msg"]).removeprefix("Input should be ")
    spelled = {
        key: spell_number(bound) if isinstance(bound, int | float) else bound
        for key, bound in context.items()
    }
    found, expected = value, _EXPECTED[kind].format(**spelled)
    if kind == "union_tag_invalid":
        found = context["tag"]
        near = did_you_mean(found, [tag.strip("'") for tag in context["expected_tags"].split(", ")])
        other = _OTHER_NAMES.get(found)
        if other is not None and repr(other) in context["expected_tags"]:
            near = f"{found!r} is {other!r} here"
        expected += f". {near}".rstrip(" .")
    return _spelled(found), expected


def _is_table(value: object) -> bool:
    return isinstance(value, Strict | dict)


def _spelled(value: object) -> str:
    """Spell a value as a TOML file has it, cut to what fits a terminal line."""
    if _is_table(value):
        return "a table"
    if isinstance(value, int) and value.bit_length() > 64:  # noqa: PLR2004 - of TOML, and of frames
        return "a whole number of more than 64 bits"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - fits a terminal line
