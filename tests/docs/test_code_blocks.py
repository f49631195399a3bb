"""What the README and the documentation tell people to type works: Python, TOML, and commands."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.cli.app import app
from harness.scenario.load import load_scenario

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCENARIO = """
schema = 2
title = "A scenario around a profile"
about = "What a page shows."
reports = ["https://github.com/astral-sh/uv/issues/9531"]
blocks = 1
strategies = ["plain"]
profiles = ["shown"]
payload = [{ kind = "launcher", name = "httpx", entry_point = "httpx = httpx:main" }]
operations = [{ kind = "write-replace", to = "Scripts/{file}" }]
"""


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


@pytest.mark.parametrize("text", blocks("python"))
def test_python_runs_as_it_is_shown(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(ROOT / "results")
    (tmp_path / "file.tmp").touch()
    text = text.replace("blocks=20)", f"blocks=1, results={str(tmp_path / 'new')!r})")
    exec(compile(text, "page", "exec"), {"__name__": "page"})  # noqa: S102 - the page's own words


@pytest.mark.parametrize("text", blocks("toml"))
def test_a_file_that_is_shown_is_valid(text: str, tmp_path: Path) -> None:
    scenario = tmp_path / "shown.toml"
    if "holds" in tomllib.loads(text):
        profile = tmp_path / "profiles" / "shown.toml"
        profile.parent.mkdir()
        profile.write_text(text, encoding="utf-8")
        profile.with_name("durations.txt").write_text("12\n40\n", encoding="utf-8")
        text = SCENARIO
    scenario.write_text(text, encoding="utf-8")
    assert not load_scenario(scenario).rewritten


@pytest.mark.parametrize("line", commands("harness "))
def test_a_command_that_is_shown_exists_with_its_options(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    command: Any = app
    with command.make_context("harness", [], resilient_parsing=True) as context:
        called = command.get_command(context, name)
    assert called is not None, f"there is no command {name}"
    called.make_context(name, arguments)  # raises for an unknown option


@pytest.mark.parametrize("line", commands("python -m nox"))
def test_a_session_that_is_shown_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    sessions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "-s" in words:
        assert words[words.index("-s") + 1] in sessions
