"""Draw a run as GitHub-flavoured Markdown, for pull requests and the summaries of CI jobs.

Whoever sends a run in chooses its names, and GitHub reads far more than Markdown out of plain text:
HTML, links, mentions, numbers of issues. In a code span it reads nothing. So every value of a run stands
in one, and only our own words stand outside.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.summary.ambient import findings
from harness.summary.columns import columns
from harness.summary.notes import antivirus, case_notes, claims, extent, missing_trials
from harness.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.record.read import Run
    from harness.summary.columns import Column
    from harness.summary.notes import Note
    from harness.summary.phrase import Part
    from harness.summary.summarise import CaseSummary

ESCAPED_BAR = r"\|"
WEIGHTS = {"remark": "", "caution": "**Caution:** ", "fault": "**Fault:** "}


def run_markdown(run: Run) -> str:
    """The whole run, ending with a line's end: heading, a table a case, and all notes."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    yield f"## Run {code(run.manifest.run)}"
    yield ""
    yield f"- Platform: {run.manifest.platform}, on {code(_machine(run))}"
    yield item(antivirus(run))
    yield from map(item, findings(run))
    for case in run.summary():
        yield ""
        yield f"### {code(case.scenario)} under {code(case.profile)} ({extent(case)})"
        yield ""
        yield from _table(case)
        yield ""
        yield from map(item, case_notes(case, run))
    yield ""
    yield "---"
    yield ""
    # the folder's name alone: where somebody keeps results is nobody's business
    yield from map(item, [*claims(run), *missing_trials(run, shown_as=run.folder.name)])


def _machine(run: Run) -> str:
    facts = run.manifest.environment
    if run.manifest.platform == "wine":  # whose system is what Wine pretends to be
        wine = run.manifest.platform_facts
        return f"Wine {wine.get('wine')} (rules: {wine.get('rules')}), Python {facts.get('python', '?')}"
    system = " ".join(facts[name] for name in ("system", "release", "machine") if name in facts)
    return f"{system}, Python {facts.get('python', '?')}"


def _table(case: CaseSummary) -> Iterator[str]:
    shown = columns(case)
    yield row(column.head for column in shown)
    yield f"| {' | '.join(map(_rule, shown))} |"
    for variant in case.rows:
        yield row(column.fill(variant) for column in shown)


def _rule(column: Column) -> str:
    return ":---" if column.left else "---:"


def row(cells: Iterable[Part]) -> str:
    """A row of a table."""
    # a table is cut at its bars before anything else is read, so they are escaped in code too
    return f"| {' | '.join(inline(cell).replace('|', ESCAPED_BAR) for cell in cells)} |"


def item(note: Note) -> str:
    """A note as an item of a list."""
    return f"- {WEIGHTS[note.weight]}{''.join(map(inline, note.phrase))}"


def inline(part: Part) -> str:
    """Part of a phrase: our own words as they are, a value in a code span."""
    return part if isinstance(part, str) else code(part.text)


def code(text: str) -> str:
    """Text in a code span on one line, whatever it holds.

    The fence is longer than any run of backticks within; spaces keep it apart from one at an end, and
    from being stripped off where text begins and ends with spaces of its own.
    """
    text = printable(text).replace("\n", " ")
    if not text.strip(" "):
        return "(blank)"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if "`" in (text[0], text[-1]) or text[0] == text[-1] == " " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
