"""What the README claims is so: its numbers, its example, its length."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from harness.strategy.lookup import catalogued
from harness.text import milliseconds

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_its_numbers_of_shipped_strategies_are_those_of_the_catalogue() -> None:
    views = catalogued()
    retrying = [view for view in views if view.times.attempts.most > 1]
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


def test_its_example_is_what_the_command_prints(tmp_path: Path) -> None:
    block = README.split("```console\n", 1)[1].split("\n```", 1)[0].splitlines()
    arguments = block[0].removeprefix("$ harness ").split()
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments, "--platform", "emulated", "--results", tmp_path],
        env={**os.environ, "COLUMNS": "160", "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    printed = " ".join(f"{done.stdout} {done.stderr}".split())
    shown = block[block.index("...") + 1 :]
    for line in [block[1].split(", about")[0], *shown[:-2], " ".join(shown[-2:])]:
        assert " ".join(line.split()) in printed
