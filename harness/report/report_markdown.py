"""The summary as Markdown, for pull requests and summaries of CI jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.summary.markdown_tables import inline, item, row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.report_summary import Summary, Table


def summary_markdown(summary: Summary) -> str:
    """The whole summary, ending with a line's end."""
    return "\n".join(_lines(summary)) + "\n"


def _lines(summary: Summary) -> Iterator[str]:
    yield f"## {summary.title}"
    yield ""
    for case in summary.cases:
        came = "; ".join("".join(map(inline, group)) for group in case.groups) or "no trial counts"
        yield f"- {''.join(map(inline, case.name))}: {came}."
    yield ""
    if summary.warnings:
        yield from map(item, summary.warnings)
        yield ""
    yield from _table(summary.runs)
    for case in summary.cases:
        yield ""
        yield f"### {''.join(map(inline, case.name))}"
        yield ""
        yield from _table(case.table)
        yield ""
        yield from map(item, case.notes)
    yield ""
    yield "---"
    yield ""
    yield from map(item, summary.claims)


def _table(table: Table) -> Iterator[str]:
    yield row(table.heads)
    rules = (":---" if place < table.texts else "---:" for place in range(len(table.heads)))
    yield f"| {' | '.join(rules)} |"
    yield from map(row, table.rows)
