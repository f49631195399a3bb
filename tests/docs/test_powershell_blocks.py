"""Commands for PowerShell are not run here, but what they name is there: commands, options, scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_page import commands
from doc_pages import PAGES, ROOT, blocks_of, name_of
from powershell_lab import syntax_errors

OPTION = re.compile(r"(?<!\S)'?(--[a-z][a-z-]*)")
PARAMETER = re.compile(r"(?<!\S)-([A-Z][A-Za-z]+)")
COMMON = {"ExecutionPolicy", "File", "WhatIf"}
"""Of PowerShell itself, or of every script that can be tried."""


def lines() -> Iterator[str]:
    """The commands of all blocks for PowerShell."""
    for page in PAGES:
        for block in blocks_of(page):
            if block.language == "powershell":
                yield from (line.partition(" # ")[0].rstrip() for line in block.content.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_powershell_can_read_the_blocks(page: Path) -> None:
    for block in blocks_of(page):
        if block.language == "powershell":
            assert syntax_errors(block.content) == []


@pytest.mark.parametrize("line", sorted({line for line in lines() if line.startswith("harness ")}))
def test_a_command_and_its_options_exist(line: str) -> None:
    name = line.split()[1]
    assert name in commands()
    known = {option for each in commands()[name].params for option in each.opts}
    assert set(OPTION.findall(line)) <= known


def test_options_that_are_kept_in_variables_exist() -> None:
    kept = [line for line in lines() if re.match(r"\$\w+ = .*--", line)]
    known = {option for each in commands()["run"].params for option in each.opts}
    assert kept
    assert {option for line in kept for option in OPTION.findall(line)} <= known


@pytest.mark.parametrize("line", sorted({line for line in lines() if ".ps1" in line}))
def test_a_script_and_its_parameters_exist(line: str) -> None:
    (script,) = re.findall(r"(\S+\.ps1)", line)
    text = (ROOT / script.removeprefix(".\\").replace("\\", "/")).read_text("utf-8")
    parameters = set(PARAMETER.findall(line)) - COMMON
    assert parameters <= set(re.findall(r"^\.PARAMETER (\w+)", text, flags=re.MULTILINE))


def test_every_other_line_is_of_a_known_kind() -> None:
    known = re.compile(
        r"harness |\.?\\?windows\\|powershell |\.venv\\Scripts\\python |py -m venv |\$[\w:]+ = |$"
        "|Set-ExecutionPolicy -Scope Process "
    )
    assert [line for line in lines() if not known.match(line)] == []
