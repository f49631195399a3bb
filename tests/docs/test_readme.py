"""What the README claims is so: its numbers and its length. Its commands: test_walkthrough."""

from __future__ import annotations

import re
from pathlib import Path

from harness.strategy.lookup import catalogued
from harness.text import milliseconds

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_its_numbers_of_shipped_strategies_are_those_of_the_catalogue() -> None:
    views = catalogued()
    retrying = [view for view in views if view.times.retries]
    budgets_ms = [view.times.budget_ms.median for view in retrying]
    found = re.search(
        r"Of the (\d+) strategies .*?, (\d+) never retry, .*? from (\S+ \w+) to (\S+ \w+)\.",
        " ".join(README.split()),
    )
    assert found is not None
    assert found.groups() == (
        str(len(views)),
        str(len(views) - len(retrying)),
        milliseconds(min(budgets_ms)),
        milliseconds(max(budgets_ms)),
    )
