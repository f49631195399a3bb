"""Directives that write reference pages from the code itself, so that they cannot drift from it.

- ``{commands}``: every command of ``harness`` with its arguments and options, from the command line.
- ``{model} package.module.Class``: the keys of a pydantic model, and of the models inside of it.
- ``{columns}``: the columns of data frames.
- ``{notation}``: the words of the strategy notation.
- ``{catalogue}``: the strategies that real software ships.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, get_args

from docutils import nodes
from docutils.statemachine import StringList
from pydantic import BaseModel
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic.fields import FieldInfo
    from sphinx.application import Sphinx


class _Written(SphinxDirective):
    """A directive whose content is Markdown that `markdown` returns, line by line."""

    def markdown(self) -> Iterable[str]:
        """The lines of the page."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Parse the lines as part of the page."""
        lines = [part for line in self.markdown() for part in line.split("\n")]
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(self.state, StringList(lines, source=self.name), section)
        return list(section.children)


def _cell(text: object) -> str:
    """Text for one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|") or " "


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


# ---- commands ---------------------------------------------------------------------------------------


class Commands(_Written):
    """All commands, in the order of ``harness --help``."""

    def markdown(self) -> Iterator[str]:
        group: Any = import_module("harness.cli.app").app
        with group.make_context("harness", [], resilient_parsing=True) as context:
            commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
        for name, command in commands.items():
            yield f"## `harness {name}`"
            yield ""
            yield from _help_of(command)
            yield f"```text\n{_usage(name, command)}\n```"
            yield ""
            with command.make_context(name, [], resilient_parsing=True) as context:
                records = [parameter.get_help_record(context) for parameter in command.params]
            rows = [(f"`{record[0]}`", _plain(record[1])) for record in records if record]
            yield from _table(("argument or option", "meaning"), rows)


def _usage(name: str, command: Any) -> str:
    with command.make_context(f"harness {name}", [], resilient_parsing=True) as context:
        return str(command.get_usage(context)).removeprefix("Usage: ")


def _help_of(command: Any) -> Iterator[str]:
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield _plain(paragraph)
        yield ""


def _plain(text: str) -> str:
    """Help without rich's markup."""
    return re.sub(r"\[/?[a-z ]*\]", "", text.replace("\\[", "["))


# ---- models -----------------------------------------------------------------------------------------


class Model(_Written):
    """The keys of a model and of the models inside of it, each once."""

    required_arguments = 1

    def markdown(self) -> Iterator[str]:
        module, _, name = self.arguments[0].rpartition(".")
        first = getattr(import_module(module), name)
        found: dict[type[BaseModel], None] = {first: None}
        pending = [first]
        while pending:
            model = pending.pop(0)
            for inner in _models_in(field.annotation for field in model.model_fields.values()):
                if inner not in found:
                    found[inner] = None
                    pending.append(inner)
        for model in found:
            yield f"## {model.__name__}"
            yield ""
            yield _markdown_of(inspect.getdoc(model) or "")
            yield ""
            rows = [
                (
                    f"`{field.alias or key}`",
                    _type_of(field.annotation, field),
                    _default_of(field),
                    field.description or "",
                )
                for key, field in model.model_fields.items()
            ]
            yield from _table(("key", "type", "default", "meaning"), rows)


def _models_in(annotations: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        yield from _models_in(get_args(annotation))


_NAMES: Final = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    type(None): "nothing",
}


def _type_of(annotation: Any, field: FieldInfo | None = None) -> str:
    arguments = get_args(annotation)
    origin = getattr(annotation, "__origin__", None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if annotation in _NAMES:
        return f"{_NAMES[annotation]}{_bounds_of(field)}"
    if "Literal" in str(origin):
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {list, tuple}:
        inner = [_type_of(each) for each in arguments if each is not Ellipsis]
        return f"list of {' or '.join(inner)}"
    if origin is dict:
        return f"table of {_type_of(arguments[1])}"
    if arguments and "Annotated" in str(type(annotation)):
        return _type_of(arguments[0], field)
    if arguments:
        return " or ".join(dict.fromkeys(_type_of(each) for each in arguments))
    return getattr(annotation, "__name__", str(annotation))


def _bounds_of(field: FieldInfo | None) -> str:
    if field is None:
        return ""
    words = []
    for bound in field.metadata:
        for name, word in (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below")):
            value = getattr(bound, name, None)
            if value is not None:
                words.append(
                    f"{word} {value:,}" if isinstance(value, int | float) else f"{word} {value}"
                )
    return f", {', '.join(words)}" if words else ""


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "its own defaults"
    return f"`{value!r}`" if not isinstance(value, str) else f"`{value}`" if value else "empty"


def _markdown_of(docstring: str) -> str:
    """A docstring's inline reStructuredText as Markdown."""
    return docstring.replace("``", "`")


# ---- frames, notation, catalogue --------------------------------------------------------------------


class Columns(_Written):
    """The columns of every data frame."""

    def markdown(self) -> Iterator[str]:
        for table, columns in import_module("harness.frames.definition").TABLES.items():
            yield f"## `{table}`"
            yield ""
            rows = [(f"`{column.name}`", column.type, column.unit, _about(column)) for column in columns]
            yield from _table(("column", "type", "unit", "meaning"), rows)


def _about(column: Any) -> str:
    words = [str(column.about)]
    if column.one_of:
        words.append(
            f"one of {', '.join(f'`{value}`' if value else 'empty' for value in column.one_of)}"
        )
    if column.missing:
        words.append(f"missing: {column.missing}")
    return "; ".join(words)


class Notation(_Written):
    """The words of the strategy notation, in their groups."""

    def markdown(self) -> Iterator[str]:
        for group, words in import_module("harness.strategy.notation_words").WORDS.items():
            yield f"## {group.capitalize()}"
            yield ""
            yield from _table(
                ("word", "meaning"), ((f"`{word}`", about) for word, about in words.items())
            )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, directive in {
        "commands": Commands,
        "model": Model,
        "columns": Columns,
        "notation": Notation,
    }.items():
        app.add_directive(name, directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
