"""The frontier on the front page of a report."""

from __future__ import annotations

from pathlib import Path

from harness.frames import load
from harness.record.manifest import read_manifest
from harness.report.contents import contents_of
from harness.report.frontiers import denials_in
from harness.report.pages import Page, Site

REFERENCE = Path(__file__).parents[2] / "results" / "reference"


def test_the_front_page_names_what_lies_on_the_frontier_of_each_case() -> None:
    denials = denials_in([REFERENCE])
    contents = contents_of(load(REFERENCE), denials)
    text = Site([], contents, "1").index(Page("index.html", "Report", "Summary"), [])
    listed = text[text.index('id="frontier"') : text.index('id="cases"')]
    for section in contents.sections:
        assert f"{section.case.scenario} under {section.case.profile}" in listed
        names = {each.strategy for each in section.trade_offs}
        assert names == {each.strategy for each in section.case.variants}
        assert 1 <= len(section.frontier.rows) <= len(section.trade_offs)


def test_how_long_a_denial_takes_is_that_of_the_strategy() -> None:
    for scenario in read_manifest(REFERENCE).scenarios:
        for each in scenario.strategies:
            assert denials_in([REFERENCE])[scenario.name][each.label] == each.budget_ms


def test_without_budgets_there_is_no_frontier() -> None:
    contents = contents_of(load(REFERENCE))
    text = Site([], contents, "1").index(Page("index.html", "Report", "Summary"), [])
    assert 'id="frontier"' not in text
