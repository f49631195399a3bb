"""Directives that write reference pages from the code itself, so that they cannot drift from it.

- ``{commands}``: every command of ``harness`` with its arguments and options, from the command line.
- ``{model} package.module.Class``: the keys of a model, and of the models inside of it.
- ``{json}``: what commands print with ``--json``.
- ``{columns}``: the columns of data frames.
- ``{notation}``: the words of the strategy notation.
- ``{error-names}``: what software calls errors, with their codes.
- ``{catalogue}``: the strategies that real software ships.
- ``{sharing-rules} NUMBERS``: rules of the table that every platform is tested with.
- ``{self-test-checks}``: the checks of the self-test on Windows.
- ``{retry-atlas}``: what probes found of the programs of shipped reports.
- ``{first-good-releases}``: which releases were announced to be fixed, and which are.
- ``{reports}``: the shipped public reports by their symptoms.
- ``{outlasting}``: how many strategies outlast a hold of a given length.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from atlas_page import atlas_page
from catalogue_page import catalogue
from commands_page import commands_page
from docutils import nodes
from docutils.statemachine import StringList
from evidence_tables import outlasting, sharing_rules
from first_good_page import first_good_page
from json_page import json_outputs
from markdown_tables import table
from model_tables import model_table, reachable, title_of
from reports_page import reports_page
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

SEARCHED: Final = {
    "reference/catalogue": "catalogue.js",
    "reference/retry-atlas": "atlas.js",
}
"""Pages with a search, each with its script."""


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


class Commands(_Written):
    """All commands, in the order of ``harness --help``."""

    def markdown(self) -> Iterator[str]:
        yield from commands_page()


class Model(_Written):
    """The keys of a model and of the models inside of it, each once."""

    required_arguments = 1

    def markdown(self) -> Iterator[str]:
        module, _, name = self.arguments[0].rpartition(".")
        first = getattr(import_module(module), name)
        known: list[type] = self.env.temp_data.setdefault("models", [])  # type: ignore[assignment]
        for model in reachable(first, known):
            known.append(model)
            yield f"## {model.__name__}"
            yield ""
            yield title_of(model)
            yield ""
            yield from model_table(model, defaults=first.__name__ in {"Scenario", "Profile"})


class Json(_Written):
    """What commands print with ``--json``."""

    def markdown(self) -> Iterator[str]:
        yield from json_outputs()


class Columns(_Written):
    """The columns of every data frame."""

    def markdown(self) -> Iterator[str]:
        for name, columns in import_module("harness.frames.definition").TABLES.items():
            yield f"## `{name}`"
            yield ""
            rows = [(f"`{column.name}`", column.type, column.unit, _about(column)) for column in columns]
            yield from table(("column", "type", "unit", "meaning"), rows)


def _about(column: Any) -> str:
    words = [str(column.about)]
    if column.one_of:
        words.append(
            f"one of {', '.join(f'`{value}`' if value else 'empty' for value in column.one_of)}"
        )
    if column.missing:
        words.append(f"missing: {column.missing}")
    return "; ".join(words)


class Catalogue(_Written):
    """The strategies that real software ships."""

    def markdown(self) -> Iterator[str]:
        yield from catalogue()


class RetryAtlas(_Written):
    """What probes found of the programs of shipped reports."""

    def markdown(self) -> Iterator[str]:
        yield from atlas_page()


class FirstGoodReleases(_Written):
    """Which releases were announced to be fixed, and which are."""

    def markdown(self) -> Iterator[str]:
        yield from first_good_page()


class SharingRules(_Written):
    """The rules with the given numbers, with their sources."""

    required_arguments = 1
    final_argument_whitespace = True

    def markdown(self) -> Iterator[str]:
        yield from sharing_rules(map(int, self.arguments[0].split()))


class SelfTestChecks(_Written):
    """The checks of the self-test, with what a difference means."""

    def markdown(self) -> Iterator[str]:
        windows = import_module("harness.platform.windows.self_test")
        rows = (
            (check.title, check.means, check.more_as_administrator or "")
            for check in import_module("harness.platform.self_test.check").checks_in(windows).values()
        )
        yield from table(("check", "a difference means", "as administrator, also"), rows)


class Outlasting(_Written):
    """How many strategies of the catalogue outlast a hold."""

    def markdown(self) -> Iterator[str]:
        yield from outlasting()


class Reports(_Written):
    """The shipped public reports, by error."""

    def markdown(self) -> Iterator[str]:
        yield from reports_page()


class Notation(_Written):
    """The words of the strategy notation, in their groups."""

    def markdown(self) -> Iterator[str]:
        for group, words in import_module("harness.strategy.notation_words").WORDS.items():
            yield f"## {group.capitalize()}"
            yield ""
            yield from table(
                ("word", "meaning"), ((f"`{word}`", about) for word, about in words.items())
            )


class ErrorNames(_Written):
    """The names of errors by where they are used, each with its codes."""

    def markdown(self) -> Iterator[str]:
        rows = []
        for name, found in import_module("harness.strategy.error_names").NAMES.items():
            codes = ", ".join(map(str, found.codes))
            rows.append((f"`{name}`", f"all but {codes}" if found.all_but else codes, found.source))
        yield from table(("name", "Win32 codes", "whose name it is, and where that is said"), rows)


def _add_search(app: Sphinx, page: str, *_: object) -> None:
    """Give two pages their search; they can be read without."""
    if page in SEARCHED:
        app.add_js_file(SEARCHED[page], loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    for name, directive in {
        "commands": Commands,
        "model": Model,
        "json": Json,
        "columns": Columns,
        "notation": Notation,
        "error-names": ErrorNames,
        "outlasting": Outlasting,
        "reports": Reports,
        "self-test-checks": SelfTestChecks,
        "sharing-rules": SharingRules,
        "catalogue": Catalogue,
        "retry-atlas": RetryAtlas,
        "first-good-releases": FirstGoodReleases,
    }.items():
        app.add_directive(name, directive)
    app.connect("html-page-context", _add_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
