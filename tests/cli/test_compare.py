"""``harness compare`` as a person meets it: text, Markdown, JSON, a page, and mistakes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from harness.cli.compare import app
from harness.errors import InvalidInputError

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


@pytest.fixture
def runs(make_scenario: MakeScenario, run_scenario: RunScenario) -> tuple[str, str]:
    """Two runs, in which a label does its worst to terminals, Markdown and pages."""
    label = "[red]a|b`<script>alert(1)</script>"
    scenario = make_scenario(
        strategies=f'["plain", {{ strategy = "1ms 2 retries", label = "{label}" }}]',
        profiles='["brief", "none"]',
    )
    first, second = (run_scenario(scenario, blocks=5, seed=seed).folder for seed in (1, 2))
    return str(first), str(second)


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"}, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_the_answer_comes_before_environments_and_tables(runs: tuple[str, str]) -> None:
    text = printed(*runs)
    places = [
        text.index(words)
        for words in ("answer", "how sure", "machine", "recorded facts", "made under brief", "failed,")
    ]
    assert places == sorted(places)
    assert "[red]a|b`<script>" in text  # shown, not obeyed


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_terminal_loses_columns_and_says_so(runs: tuple[str, str], width: int) -> None:
    done = CliRunner().invoke(app, list(runs), env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert "Some columns are left out" in done.stdout
    assert "5/5, 5/5" in done.stdout


def test_markdown_keeps_names_in_code(runs: tuple[str, str]) -> None:
    text = printed(*runs, "--markdown")
    assert text.startswith("## Run `")
    assert "``[red]a\\|b`<script>alert(1)</script>``" in text


def test_json_has_both_sides(runs: tuple[str, str]) -> None:
    found = json.loads(printed(*runs, "--json"))
    assert [found["first"]["seed"], found["second"]["seed"]] == [1, 2]
    assert [case["kind"] for case in found["cases"]] == ["injected", "control"]


def test_a_page_is_written_and_replaced_and_nothing_else_is(
    runs: tuple[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "comparison.html"
    for _ in range(2):
        printed(*runs, "--page", str(page))
    text = page.read_text(encoding="utf-8")
    assert "Second run" not in text or "<script>alert" not in text
    assert "<script>alert(1)" not in text
    assert "made under brief" in text
    page.write_text("a letter", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="is not replaced"):
        printed(*runs, "--page", str(page))
    assert page.read_text(encoding="utf-8") == "a letter"
    refused = (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "page.html", "no folder"),
        (Path(runs[0], "page.html"), "is a run"),
    )
    for target, why in refused:
        done = CliRunner().invoke(app, [*runs, "--page", str(target)])
        assert isinstance(done.exception, InvalidInputError)
        assert why in done.exception.message
        assert done.stdout == ""  # before anything is compared


def test_a_page_goes_into_no_pipe_and_any_name_will_do(runs: tuple[str, str], tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("pipes that are files, and names that are not Unicode, are of Unix")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InvalidInputError, match="is a pipe, not a file"):
        printed(*runs, "--page", str(pipe))
    odd = os.fsdecode(bytes(tmp_path) + b"/y\xff.html")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "compare", *runs, "--page", odd],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"</html>" in Path(odd).read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_two_formats_at_once_are_refused(runs: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="cannot be used together"):
        printed(*runs, "--json", "--markdown")
