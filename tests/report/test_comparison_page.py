"""The page of two runs compared, in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_lab import CONTRAST, OVERFLOWING, PHONE

from harness.report.comparison_page import write_comparison

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario
    from report_lab import Browser


@pytest.fixture
def page(make_scenario: MakeScenario, run_scenario: RunScenario, tmp_path: Path) -> Path:
    label = "<b onmouseover=alert(1)>a name that is longer than most names of strategies are</b>"
    strategies = f'["plain", {{ strategy = "1ms 2 retries", label = "{label}" }}]'
    scenario = make_scenario(strategies=strategies, profiles='["brief", "none"]')
    first, second = (run_scenario(scenario, blocks=4, seed=seed).folder for seed in (1, 2))
    target = tmp_path / "comparison.html"
    write_comparison((first, second), target)
    return target


@pytest.mark.parametrize("width", [1280, PHONE])
def test_it_opens_alone_fits_and_can_be_read(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width=width)
    assert browser.run(OVERFLOWING, width) == []
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    assert browser.run(CONTRAST) == []
    assert browser.run("return document.querySelectorAll('[onmouseover]').length") == 0
    assert browser.run("return document.querySelectorAll('figure svg, table').length") >= 4
