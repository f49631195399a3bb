"""The sentences of the reference run, word for word: a change of any rule shows here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.record.read import read_run
from harness.summary.model import RunSummary
from harness.summary.phrase import plain
from harness.summary.summarise import summarise

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
ANSWERS = Path(__file__).with_name("reference_answers.txt")


def answers(run: RunSummary) -> Iterator[str]:
    cases = {f"{case.scenario} under {case.profile}": case.conclusion for case in run.cases}
    for name, conclusion in {"all cases": run.conclusion, **cases}.items():
        assert conclusion is not None
        yield name
        yield from (f"  {each.about}: {plain(each.phrase)}" for each in conclusion.sentences)


def test_the_reference_run_says_what_it_said() -> None:
    said = list(answers(summarise(read_run(REFERENCE))))
    assert said == ANSWERS.read_text(encoding="utf-8").splitlines()
