"""What ``harness tune`` prints, and how it refuses what it cannot answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.tune import app
from harness.errors import InvalidInputError


def _shown(*arguments: str) -> str:
    found = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100"}, catch_exceptions=False)
    assert found.exit_code == 0
    return found.output


def _refused(*arguments: str) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refused:
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert refused.value.hint or "expected" in refused.value.message
    return refused.value


@pytest.fixture
def holds(tmp_path: Path) -> str:
    path = tmp_path / "holds.csv"
    path.write_text("low_ms,high_ms,count,code\n0,0,30,\n8,12,15,5\n90,120,5,32\n", encoding="utf-8")
    return str(path)


def test_the_answer_comes_first(holds: str) -> None:
    text = _shown(holds, "--for", "uv", "--max-failure", "1%")
    lines = text.splitlines()
    assert lines[0].endswith(" on 5,32")
    assert lines[1].startswith("It fails in ")
    assert "50 independent observations cannot show failures as rare as 1.0 %" in " ".join(lines[:4])
    assert "381 without a failure would show it" in " ".join(" ".join(lines[:5]).split())
    assert "uv-backon-10 now fails in 10.0 % (it retries 75.0 % of the errors" in " ".join(text.split())
    assert "Conditional on the holds in holds.csv." in text
    assert max(map(len, lines)) <= 100


def test_json_has_the_same_numbers(holds: str) -> None:
    found = json.loads(_shown(holds, "--json"))
    assert found["schema"] == 1
    assert found["holds"]["codes"] == {"5": 0.75, "32": 0.25}
    assert found["certainty"]["trials_needed"] == 3838
    assert _shown(holds).splitlines()[0] == found["recommended"]["strategy"]


def test_without_holds_it_is_the_worst_case_that_counts() -> None:
    assert _shown("--max-denied", "28s").startswith("2s 14 retries on 5,32,33\nNothing is known")
    assert json.loads(_shown("--json", "--max-attempts", "2"))["worst_wait_ms"] == 30_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "breif"], "no profile is called 'breif'"),
        (["--profile", "none.toml"], "there is no such file"),
        (["--profile", "brief", "--for", "uvv"], "no strategy is called 'uvv'"),
        (["--profile", "brief", "--max-failure", "2"], "expected a share from 0 to 1"),
        (["--profile", "brief", "--max-failure", "x%"], "expected a share from 0 to 1"),
        (["--profile", "brief", "--max-denied", "30"], "a time of at most an hour with its unit"),
        (["--profile", "brief", "--max-denied", "10ms"], "the limits contradict each other"),
        (["--profile", "brief", "--scenario", "script-install"], "no run is named"),
        (["--for", "uv"], "--for need"),
        (["holds.csv", "--profile", "brief"], "a CSV file of holds stands alone"),
        (["no-such-run"], "no-such-run"),
    ],
)
def test_mistakes_are_said_in_a_sentence(arguments: list[str], words: str) -> None:
    assert words in _refused(*arguments).message


def test_only_failures_and_no_failures_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "holds.csv"
    path.write_text("low_ms,high_ms,count\n100,,50\n", encoding="utf-8")
    assert "no hold was seen to end" in _refused(str(path)).message
    path.write_text("low_ms,high_ms,count\n0,0,50\n", encoding="utf-8")
    assert "none of 50 operations was held" in _refused(str(path)).message


def test_the_command_is_read_without_the_lab_extra() -> None:
    code = (
        "import sys, harness.cli.tune; "
        "print([name for name in ('numpy', 'pandas', 'scipy') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
