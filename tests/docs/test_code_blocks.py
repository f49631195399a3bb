"""What the README and the documentation tell people to type exists: files, options, strategies.

That pages can be followed, and print what they show: test_walkthrough.
"""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from commands_page import commands as commands_by_name
from doc_pages import BLOCK, PAGES, ROOT

import harness
from harness.scenario.load import load_scenario
from harness.strategy.lookup import in_source, listed

OTHER_PROGRAMS = ("python -m pip install ", "pre-commit install", "sudo apt install ")
"""What lines of consoles may call besides the harness and nox."""
COMMANDS = commands_by_name()
SESSIONS = {
    node.name
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef)
}


def blocks(language: str) -> list[Any]:
    """All code blocks of a language, named by their page."""
    return [
        pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, (kind, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
        if kind == language
    ]


def commands(program: str) -> list[Any]:
    """All lines of consoles that call `program`, without comments."""
    found = {
        line.removeprefix("$ "): page.relative_to(ROOT)
        for page in PAGES
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if kind == "console"
        for line in text.splitlines()
        if line.startswith(f"$ {program}")
    }
    return [pytest.param(line, id=f"{page}: {line}") for line, page in found.items()]


def python_with(words: str) -> str:
    """The one Python block that has these words."""
    (text,) = (block.values[0] for block in blocks("python") if words in str(block.values[0]))
    return str(text)


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        kinds = [kind for kind, _ in BLOCK.findall(text)]
        assert len(re.findall("^```", text, re.MULTILINE)) == 2 * len(kinds), (
            f"{page}: an untagged block"
        )
        tested = {"console", "powershell", "python", "text", "toml"}  # and the build tests directives
        tested |= {"go", "javascript", "rust"} & {page.stem.removeprefix("hold-from-")}
        assert {kind for kind in kinds if not kind.startswith("{")} <= tested, page


def test_every_command_of_a_console_is_known() -> None:
    for page in PAGES:
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in text.splitlines() if kind == "console" else []:
                if line.startswith("$ "):
                    known = ("harness ", "python -m nox", "python ", *OTHER_PROGRAMS)
                    assert line.removeprefix("$ ").startswith(known), f"{page}: {line}"


def test_the_strategy_of_the_page_makes_the_attempts_that_it_says() -> None:
    made = in_source(python_with("first_ms: float"), "mine.py")["mine"]
    strategy = made.with_parameters({"first_ms": 2.0}).strategy
    assert harness.schedule(strategy).attempts_ms[:4] == (0, 2, 6, 14)
    assert harness.schedule(strategy).budget_ms >= 30_000


@pytest.mark.parametrize("text", [each for each in blocks("toml") if not re.match("# ", each.values[0])])
def test_a_file_that_is_shown_is_valid(text: str, tmp_path: Path) -> None:
    scenario = tmp_path / "shown.toml"
    scenario.write_text(text, encoding="utf-8")
    assert not load_scenario(scenario).rewritten


@pytest.mark.parametrize("line", commands("harness "))
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    called = COMMANDS.get(name)
    assert called is not None, f"there is no command {name}"
    called.make_context(name, arguments)  # raises for an unknown option


@pytest.mark.parametrize("line", commands("harness"))
def test_a_strategy_that_is_shown_is_one(line: str) -> None:
    words = shlex.split(line, comments=True)
    for flag, text in pairwise(words):
        if flag in {"--strategy", "predict"} and text != "mine":  # which the page of plug-ins makes
            assert listed([text])


def test_commands_in_running_text_exist() -> None:
    for page in PAGES:
        if page.name == "CHANGELOG.md":  # it has the old ones
            continue
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"`harness ([a-z]+)\b", text):
            assert name in COMMANDS, f"{page.name}: harness {name}"
        for session in re.findall(r"nox -s ([a-z]+)", text):
            assert session in SESSIONS, f"{page.name}: nox -s {session}"


@pytest.mark.parametrize("line", commands("python -m pip") + commands("pre-commit"))
def test_what_is_installed_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "pre-commit":
        assert (ROOT / ".pre-commit-config.yaml").is_file()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in re.findall(r"\.\[(\w+)\]", line):
        assert extra in project["optional-dependencies"]


@pytest.mark.parametrize("line", commands("python -m nox"))
def test_a_session_that_is_shown_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    if "-s" in words:
        assert words[words.index("-s") + 1] in SESSIONS
