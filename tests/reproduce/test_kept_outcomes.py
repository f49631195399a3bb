"""Outcomes that are kept are not run again, unless their scenario was changed or they are unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from reproduction_lab import outcome, release

from harness.errors import InvalidInputError
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.load_programs import load_programs
from harness.reproduce.reproduce import reproduce

SCENARIO = """
schema = 1
title = "Replace a file once"
reports = ["https://example.org/1"]
lab = "linux"
command = ["{python}", "-I", "-S", "-c", "import os; open('a', 'w'); os.replace('a', 'b')"]
[[denied]]
call = "rename"
path = "a"
effect = 5
[[expect]]
releases = ["one", "two"]
endings = ["failed"]
"""


def test_what_was_kept_is_had_again(tmp_path: Path) -> None:
    keep = KeptOutcomes(tmp_path / "new folder")
    one = outcome(release("1.0"))
    keep.put(one)
    assert keep.get("tool", "1.0", "of its text", "linux") == one.releases[0]


def test_another_text_of_the_scenario_is_run_again(tmp_path: Path) -> None:
    keep = KeptOutcomes(tmp_path)
    keep.put(outcome(release("1.0")))
    assert keep.get("tool", "1.0", "of another text", "linux") is None


def test_what_was_unknown_is_run_again(tmp_path: Path) -> None:
    keep = KeptOutcomes(tmp_path)
    keep.put(outcome(release("1.0", found="unknown")))
    assert keep.get("tool", "1.0", "of its text", "linux") is None


def test_a_release_that_was_not_kept_is_run(tmp_path: Path) -> None:
    assert KeptOutcomes(tmp_path).get("tool", "1.0", "of its text", "linux") is None


def test_releases_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    keep = KeptOutcomes(tmp_path)
    for version in ("0.13.8", "0.9.29", "0.1.18"):
        keep.put(outcome(release(version)))
    keep.put(outcome(release("1"), name="another"))
    another, tool = keep.all()
    assert another.name == "another"
    assert [each.version for each in tool.releases] == ["0.1.18", "0.9.29", "0.13.8"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"name": "tool"}', "\udcff"])
def test_another_file_of_that_name_is_said(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tool@1.0.json"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInputError, match=r"tool@1\.0\.json: this is not the outcome"):
        KeptOutcomes(tmp_path).get("tool", "1.0", "of its text", "linux")


@pytest.mark.usefixtures("linux_lab")
def test_a_run_that_was_interrupted_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SCENARIO)
    programs = load_programs([str(file)])
    keep = KeptOutcomes(tmp_path / "kept")

    def interrupt(line: str) -> None:
        if "mine: two" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reproduce(programs, allow_code=True, keep=keep, announce=interrupt)
    assert [each.name for each in keep.folder.iterdir()] == ["mine@one.json"]

    said: list[str] = []
    found = reproduce(programs, allow_code=True, keep=keep, announce=said.append)
    assert said == ["2 of 2: mine: two"]
    assert [each.found for each in found.programs[0].releases] == ["reproduced", "reproduced"]
    assert keep.all() == found.programs
