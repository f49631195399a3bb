"""What the README and the documentation tell people to type works: Python, TOML, and commands.

A command that needs the network, a display or an hour is not run; its options are checked.
"""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from commands_page import commands as commands_by_name

import harness
from harness.scenario.load import load_scenario
from harness.strategy.lookup import in_source, listed

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\S+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHER_PROGRAMS = ("python -m pip install ", "pre-commit install", "sudo apt install ")
"""What lines of consoles may call besides the harness and nox."""
COMMANDS = commands_by_name()
SESSIONS = {
    node.name
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef)
}
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
        tested = {"console", "python", "toml"}  # and the build tests directives
        assert {kind for kind in kinds if not kind.startswith("{")} <= tested, page


def test_every_line_of_a_console_is_a_known_command_or_output_that_is_tested() -> None:
    for page in PAGES:
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            lines = text.splitlines() if kind == "console" else []
            if page.name != "README.md":  # its output is tested in `test_readme`
                assert all(line.startswith("$ ") for line in lines), page
            for line in lines:
                if line.startswith("$ "):
                    known = ("harness ", "python -m nox", *OTHER_PROGRAMS)
                    assert line.removeprefix("$ ").startswith(known), f"{page}: {line}"


@pytest.mark.parametrize("text", blocks("python"))
def test_python_runs_as_it_is_shown(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(ROOT / "results")
    (tmp_path / "file.tmp").write_text("content")
    text = text.replace("blocks=20)", f"blocks=1, results={str(tmp_path / 'new')!r})")
    exec(compile(text, "page", "exec"), {"__name__": "page"})  # noqa: S102 - the page's own words


def test_the_strategy_of_the_page_makes_the_attempts_that_it_says() -> None:
    made = in_source(python_with("@strategy"), "mine.py")["mine"]
    strategy = made.with_parameters({"first_ms": 2.0}).strategy
    assert harness.schedule(strategy).attempts_ms[:4] == (0, 2, 6, 14)
    assert harness.schedule(strategy).budget_ms >= 30_000


def test_a_tool_of_ones_own_replaces_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.tmp").write_text("content")
    exec(compile(python_with("persist(os.replace"), "page", "exec"), {})  # noqa: S102 - as above
    assert (tmp_path / "file").read_text() == "content"
    assert not (tmp_path / "file.tmp").exists()


def test_a_run_from_python_has_all_of_its_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(python_with("run_scenarios"), "page", "exec"), {})  # noqa: S102 - as above
    run = harness.read_run(next((tmp_path / "results").iterdir()))
    (entry,) = run.manifest.scenarios  # a real machine leaves long holds out
    assert len(run.trials) == 20 * len(entry.profiles) * 7


def test_the_analysis_is_of_the_case_that_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(compile(python_with("harness.analysis"), "page", "exec"), names)  # noqa: S102 - as above
    assert names["case"].trials["profile"].unique().tolist() == ["brief"]


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
    called = COMMANDS.get(name)
    assert called is not None, f"there is no command {name}"
    called.make_context(name, arguments)  # raises for an unknown option


@pytest.mark.parametrize("line", commands("harness predict") + commands("harness strategies"))
def test_a_command_that_is_done_at_once_does_it(line: str) -> None:
    arguments = shlex.split(line, comments=True)[1:]
    subprocess.run([sys.executable, "-m", "harness", *arguments], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("line", commands("harness"))
def test_a_strategy_that_is_shown_is_one(line: str) -> None:
    words = shlex.split(line, comments=True)
    for flag, text in pairwise(words):
        if flag in {"--strategy", "predict"}:
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
