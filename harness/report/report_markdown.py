"""The content of a report as Markdown, for pull requests and summaries of CI jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.summary.markdown_tables import inlined, item, table_lines

if TYPE_CHECKING:
    from harness.report.contents import Contents


def report_markdown(contents: Contents) -> str:
    """The whole content, ending with a newline."""
    return "\n".join(_lines(contents)) + "\n"


def _lines(contents: Contents) -> Iterator[str]:
    yield f"## {contents.title}"
    yield ""
    for section in contents.sections:
        rates = "; ".join(map(inlined, section.groups)) or "no trial counts"
        yield f"- {inlined(section.name)}: {rates}."
    yield ""
    if contents.warnings:
        yield from map(item, contents.warnings)
        yield ""
    yield from table_lines(contents.runs)
    for section in contents.sections:
        yield ""
        yield f"### {inlined(section.name)}"
        yield ""
        yield from table_lines(section.table)
        yield ""
        yield from map(item, section.notes)
    yield ""
    yield "---"
    yield ""
    yield from map(item, contents.claims)
