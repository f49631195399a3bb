"""The fields of typed models, pydantic's and dataclasses, as Markdown tables.

The meaning of a field is the docstring below it; a field without one is an error.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from markdown_tables import table
from pydantic import BaseModel, PlainSerializer

from harness.scenario.json_schema import field_descriptions

_OR_NULL: Final = " or `null`"
"""TOML has no null: a key of a file is left out."""


@dataclasses.dataclass(frozen=True)
class Field:
    """One key of a model: its type, its default and its meaning as Markdown."""

    key: str
    type: str
    default: str
    meaning: str


def reachable(first: type, known: Iterable[type] = ()) -> list[type]:
    """Return a model and the models inside of it that are not `known`, each once, outer ones first."""
    found = dict.fromkeys(known)
    new = {first: None} if first not in found else {}
    for model in (pending := list(new)):
        for annotation in _annotations(model).values():
            for inner in _models_in(annotation):
                if inner not in found and inner not in new:
                    new[inner] = None
                    pending.append(inner)
    return list(new)


def model_table(model: type, *, defaults: bool) -> Iterator[str]:
    """Yield the table of a model's keys; `defaults` for files that people write."""
    rows = [
        (f"`{each.key}`", each.type.removesuffix(_OR_NULL), each.default, each.meaning)
        if defaults
        else (f"`{each.key}`", each.type, each.meaning)
        for each in fields_of(model)
    ]
    rows.sort(key=lambda row: row[0] != "`schema`")  # it is first, also where it is inherited from
    heads = ("key", "type", "default", "meaning") if defaults else ("key", "type", "meaning")
    yield from table(heads, rows)


def title_of(model: type) -> str:
    """Return the first paragraphs of a model's docstring as Markdown."""
    return _markdown(inspect.getdoc(model) or "")


def schema_of(model: type) -> int:
    """Return the number of the format that a model is the root of."""
    hint = _annotations(model).get("schema") or _annotations(model)["schema_version"]
    numbers = [value for part in (hint, *get_args(hint)) for value in get_args(part)]
    return int(numbers[0] if numbers else vars(sys.modules[model.__module__])["SCHEMA"])


def fields_of(model: type) -> Iterator[Field]:
    """Yield the fields of a model. Raises `LookupError` for one without a meaning."""
    texts = field_descriptions(model)
    for name, annotation in _annotations(model).items():
        if name not in texts:
            raise LookupError(f"{model.__qualname__}.{name} has no docstring")
        field = model.model_fields[name] if issubclass(model, BaseModel) else None
        yield Field(
            key=(field.alias if field else None) or name,
            type=_type_of(annotation, field.metadata if field else ()),
            default=_default_of(field) if field else "",
            meaning=_markdown(texts[name]),
        )
    if issubclass(model, BaseModel):
        for name, computed in model.model_computed_fields.items():
            yield Field(name, _type_of(computed.return_type), "", _markdown(computed.description or ""))


def _annotations(model: Any) -> dict[str, Any]:
    if issubclass(model, BaseModel):
        return {
            name: _as_written(field.annotation, field.metadata)
            for name, field in model.model_fields.items()
        }
    hints = get_type_hints(model)
    return {field.name: hints[field.name] for field in dataclasses.fields(model)}


def _as_written(annotation: Any, metadata: Iterable[Any]) -> Any:
    """Return the type that JSON has: what a serializer says it returns, if there is one."""
    for each in metadata:
        if isinstance(each, PlainSerializer) and isinstance(each.return_type, type):
            return each.return_type
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and (
        issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation)
    )


def _models_in(annotation: Any) -> Iterator[type]:
    if hasattr(annotation, "__metadata__"):
        annotation = _as_written(annotation.__origin__, annotation.__metadata__)
    if _is_model(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


_NAMES: Final = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "`null`",
    Any: "any",
}


def _type_of(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if _is_model(annotation):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if annotation in _NAMES:
        return f"{_NAMES[annotation]}{_bounds(metadata)}"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {list, tuple}:
        if origin is tuple and Ellipsis not in arguments:
            return f"({', '.join(map(_type_of, arguments))})"
        return f"list of {_or(arguments)}"
    if origin is dict:
        return "table" if arguments[1] is Any else f"table of {_type_of(arguments[1])}"
    if hasattr(annotation, "__metadata__"):
        return _type_of(_as_written(arguments[0], annotation.__metadata__), annotation.__metadata__)
    if arguments:
        return _or(arguments)
    if isinstance(annotation, type) and issubclass(annotation, tuple):
        names = " and ".join(f"`{name}`" for name in get_type_hints(annotation))
        return f"list of two numbers, {names}"
    return str(getattr(annotation, "__name__", annotation))


def _or(annotations: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys(_type_of(each) for each in annotations if each is not Ellipsis))


def _bounds(metadata: Iterable[Any]) -> str:
    words = []
    for bound in metadata:
        for each in getattr(bound, "metadata", [bound]):
            for name, word in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
                value = getattr(each, name, None)
                if value is not None:
                    words.append(f"{word} {value:,g}" if value < 1e6 else f"{word} {value:,.0f}")  # noqa: PLR2004
    return f", {', '.join(words)}" if words else ""


def _default_of(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", [], ()):
        return "none"
    if isinstance(value, BaseModel):
        return "its defaults"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def _markdown(docstring: str) -> str:
    """A docstring's inline reStructuredText as Markdown."""
    return docstring.replace("``", "`")
