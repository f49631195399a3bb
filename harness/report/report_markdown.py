"""The content of a report as Markdown, for pull requests and summaries of CI jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import jinja2

from harness.summary.markdown_tables import inlined, item, table_lines

if TYPE_CHECKING:
    from harness.report.contents import Contents
    from harness.summary.conclusion import Sentence


def _answer(sentences: Iterable[Sentence]) -> str:
    """The strategy to take, and what fails."""
    return " ".join(inlined(each.phrase) for each in sentences if each.about in {"take", "fails"})


def report_markdown(contents: Contents) -> str:
    """The whole content, ending with a newline."""
    templates = jinja2.Environment(  # noqa: S701 - the filters escape what is not the project's own
        loader=jinja2.PackageLoader("harness.report", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {
        "answer": _answer,
        "inlined": inlined,
        "item": item,
        "table": lambda table: "\n".join(table_lines(table)),
    }
    return templates.get_template("summary.md").render(contents=contents)
