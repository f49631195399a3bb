"""Draw conclusions for a terminal: the answers that come before the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.summary.columns import extent
from harness.summary.conclusion import HEADS, About, Sentence
from harness.summary.model import RunSummary
from harness.summary.phrase import Phrase, Value
from harness.summary.terminal_text import text_of
from harness.text import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType


def run_answers(run: RunSummary) -> Iterator[RenderableType]:
    """The answer over all cases, then that of each case."""
    if run.conclusion is not None:
        yield Text()
        yield Text(f"All {run.conclusion.cases} cases", "bold")
        yield answer_grid(run.conclusion.sentences)
    for case in run.cases:
        yield Text()
        yield case_title(case.scenario, case.profile, extent(case))
        yield answer_grid(case.conclusion.sentences)


def short_answer(run: RunSummary) -> Iterator[Text]:
    """The answer alone, to be repeated below long tables: over all cases, or of the only one."""
    found = run.conclusion or (run.cases[0].conclusion if run.cases else None)
    for sentence in found.sentences if found else ():
        if sentence.about == "take":
            yield _sentence(sentence.phrase)


def case_title(scenario: str, profile: str, about: str) -> Text:
    """The line above a case: its names, and in brackets what it is."""
    names = (one_line(scenario), "bold"), " under ", (one_line(profile), "bold")
    return Text.assemble(*names, f"  ({about})")


def answer_grid(sentences: Iterable[Sentence]) -> Table:
    """Sentences of a conclusion, each kind behind its head."""
    said: dict[About, list[Text]] = {}
    for sentence in sentences:
        said.setdefault(sentence.about, []).append(_sentence(sentence.phrase))
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(style="dim", no_wrap=True, min_width=max(map(len, HEADS.values())) + 2)
    grid.add_column(overflow="fold", ratio=1)
    for about, texts in said.items():
        grid.add_row(f"  {HEADS[about]}", Text(" ").join(texts))
    return grid


def _sentence(phrase: Phrase) -> Text:
    return Text.assemble(
        *((text_of(part), "bold" if isinstance(part, Value) else "") for part in phrase)
    )
