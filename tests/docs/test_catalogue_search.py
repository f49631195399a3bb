"""The search on the catalogue's page, in Chromium, as Sphinx builds the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from doc_pages import ROOT
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness.strategy.catalogue import entries

if TYPE_CHECKING:
    from report_lab import Browser

PHONE = 390
ROWS = "[...document.querySelectorAll('table tbody tr')].filter((row) => row.cells.length === 5)"
SHOWN_ROWS = f"return {ROWS}.filter((row) => !row.hidden).map((row) => row.cells[0].textContent.trim())"
SHOWN_ENTRIES = """
return [...document.querySelectorAll('details.entry')].filter((one) => one.checkVisibility())
  .map((one) => one.querySelector('h3').firstChild.textContent.trim())
"""
OPEN_ENTRIES = "return document.querySelectorAll('details.entry[open]').length"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built by itself with the settings of the whole documentation."""
    pytest.importorskip("sphinx", reason="no Sphinx here: it is in the dependency group docs")
    folder = tmp_path_factory.mktemp("docs")
    (folder / "source" / "reference").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "reference" / "catalogue.md", folder / "source" / "reference")
    index = "# Index\n\n```{toctree}\nreference/catalogue\n```\n"
    (folder / "source" / "index.md").write_text(index, encoding="utf-8")
    built = folder / "built"
    command = ("-m", "sphinx", "-q", "-c", str(ROOT / "docs"), str(folder / "source"), str(built))
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return built / "reference" / "catalogue.html"


def status(browser: Browser) -> str:
    return browser.driver.find_element(By.CSS_SELECTOR, ".catalogue-filter [role=status]").text


def test_typing_shows_the_strategies_that_have_all_words(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert sorted(browser.run(SHOWN_ROWS)) == sorted(entries())
    assert sorted(browser.run(SHOWN_ENTRIES)) == sorted(entries())
    field = browser.driver.find_element(By.CSS_SELECTOR, ".catalogue-filter input")
    field.send_keys("RUSTUP Fibonacci")
    found = browser.run(SHOWN_ROWS)
    assert "rustup-rename" in found
    assert 0 < len(found) < len(entries()) / 4
    assert sorted(browser.run(SHOWN_ENTRIES)) == sorted(found)
    assert status(browser) == f"{len(found)} of {len(entries())} strategies"
    field.send_keys(" nosuchword")
    assert browser.run(SHOWN_ROWS) == browser.run(SHOWN_ENTRIES) == []
    field.send_keys(Keys.ESCAPE)
    assert field.get_property("value") == ""
    assert sorted(browser.run(SHOWN_ROWS)) == sorted(browser.run(SHOWN_ENTRIES)) == sorted(entries())
    assert browser.complaints() == []


def test_an_operation_narrows_what_words_found(browser: Browser, page: Path) -> None:
    browser.open(page)
    options = browser.driver.find_elements(By.CSS_SELECTOR, ".catalogue-filter option")
    names = [option.text for option in options]
    assert names == ["all", *sorted({each.operation for each in entries().values()} - {"any"})]
    for option in options[1:]:
        option.click()
        fitting = {name for name, each in entries().items() if each.operation in {option.text, "any"}}
        assert set(browser.run(SHOWN_ROWS)) == fitting
    browser.driver.find_element(By.CSS_SELECTOR, ".catalogue-filter input").send_keys("signal")
    assert set() < set(browser.run(SHOWN_ROWS)) < fitting
    assert browser.complaints() == []


def test_entries_are_folded_and_a_link_opens_its_own(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run(OPEN_ENTRIES) == 0
    browser.run("document.querySelector('a[href=\"#pip-replace\"]').click()")
    browser.run("return new Promise((done) => setTimeout(done, 200))")
    opened = (
        "return [...document.querySelectorAll('details.entry[open] h3')].map((one) => one.textContent)"
    )
    [heading] = browser.run(opened)
    assert heading.startswith("pip-replace")
    button = browser.driver.find_element(By.CSS_SELECTOR, ".catalogue-filter button")
    browser.run("arguments[0].click()", button)
    assert browser.run(OPEN_ENTRIES) == len(entries())
    browser.run("arguments[0].click()", button)
    assert browser.run(OPEN_ENTRIES) == 0
    assert browser.complaints() == []


def test_the_page_fits_a_phone(browser: Browser, page: Path) -> None:
    browser.open(page, width=PHONE)
    assert browser.run("return document.documentElement.scrollWidth") <= PHONE
