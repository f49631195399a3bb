"""Draw a run as GitHub-flavoured Markdown, for pull requests and the summaries of CI jobs.

Whoever sends a run in chooses its names, and GitHub reads far more than Markdown out of plain text:
HTML, links, mentions, numbers of issues. In a code span it reads nothing. So every value of a run is in
one, and only our own words are outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from harness.summary.ambient import ambient_notes
from harness.summary.columns import TextTable, case_table, extent
from harness.summary.conclusion import HEADS, Sentence
from harness.summary.model import RunSummary
from harness.summary.notes import Note, case_notes, claims, machine_notes, run_notes
from harness.summary.phrase import Part, Phrase
from harness.summary.run_comparison import RunComparison
from harness.summary.run_comparison_tables import environments, how_compared, strategies
from harness.text import one_line

ESCAPED_BAR: Final = r"\|"
WEIGHTS: Final = {"remark": "", "caution": "**Caution:** ", "fault": "**Fault:** "}


def run_markdown(run: RunSummary, shown_as: str) -> str:
    """The whole run as a document: heading, a table per case, and all notes.

    `shown_as` is how commands name the run's folder.
    """
    return "\n".join(_lines(run, shown_as)) + "\n"


def _lines(run: RunSummary, shown_as: str) -> Iterator[str]:
    yield f"## Run {code(run.run)}"
    yield ""
    yield from map(item, [*run_notes(run, shown_as), *machine_notes(run)])
    for case in run.cases:
        yield from map(item, ambient_notes(case))
    if run.conclusion is not None:
        yield from _answer("All cases", run.conclusion.sentences)
    for case in run.cases:
        yield from _answer(
            f"{code(case.scenario)} under {code(case.profile)}", case.conclusion.sentences
        )
    for case in run.cases:
        yield ""
        yield f"### {code(case.scenario)} under {code(case.profile)} ({extent(case)})"
        yield ""
        yield from table_lines(case_table(case))
        yield ""
        yield from map(item, case_notes(case))
    if run.cases:
        yield ""
        yield "---"
        yield ""
        yield from map(item, claims(run.cases))


def comparison_markdown(compared: RunComparison) -> str:
    """Two runs compared, as a document: the answer, cautions, what differs, a table per case."""
    lines = [f"## Run {code(compared.second.run)} compared with {code(compared.first.run)}"]
    lines += _answer("Second run against the first", compared.sentences)
    if compared.cautions:
        lines += ["", *(item(Note(phrase, "caution")) for phrase in compared.cautions)]
    lines += ["", "### Environments", "", *table_lines(environments(compared))]
    for case in compared.cases:
        title = f"{code(case.scenario)} under {code(case.profile)} ({how_compared(case)})"
        lines += ["", f"### {title}", ""]
        lines += table_lines(strategies(case))
    if compared.left_out:
        lines += ["", *(item(Note(phrase)) for phrase in compared.left_out)]
    return "\n".join(lines) + "\n"


def _answer(about: str, sentences: Iterable[Sentence]) -> Iterator[str]:
    """A conclusion: what it is about, and its sentences by what they say."""
    yield ""
    yield f"**{about}**"
    yield ""
    for kind, found in groupby(sentences, lambda sentence: sentence.about):
        yield f"- {HEADS[kind]}: {' '.join(inlined(sentence.phrase) for sentence in found)}"


def table_lines(table: TextTable) -> Iterator[str]:
    """A table, line by line."""
    yield row(table.heads)
    yield f"| {' | '.join(':---' if left else '---:' for left in table.left)} |"
    yield from map(row, table.rows)


def row(cells: Iterable[Part]) -> str:
    """A row of a table."""
    # a table is cut at its bars before anything else is read, so they are escaped in code too
    return f"| {' | '.join(inline(cell).replace('|', ESCAPED_BAR) for cell in cells)} |"


def item(note: Note) -> str:
    """A note as an item of a list."""
    return f"- {WEIGHTS[note.weight]}{inlined(note.phrase)}"


def inlined(phrase: Phrase) -> str:
    """A phrase with each value in a code span."""
    return "".join(map(inline, phrase))


def inline(part: Part) -> str:
    """Part of a phrase: the project's own words unchanged, a value in a code span."""
    return part if isinstance(part, str) else code(part.text)


def code(text: str) -> str:
    """Text in a code span on one line, whatever it contains.

    The fence is longer than any run of backticks within; spaces keep it apart from one at an end, and
    from being stripped off where text begins and ends with spaces of its own.
    """
    text = one_line(text)
    if not text.strip(" "):
        return "(blank)"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if "`" in (text[0], text[-1]) or text[0] == text[-1] == " " else ""
    return f"{fence}{pad}{text}{pad}{fence}"
