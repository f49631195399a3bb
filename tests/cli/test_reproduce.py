"""``harness reproduce``: the answer first, the evidence below, and an exit code for scripts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from harness.cli.reproduce import app
from harness.errors import CodeNotAllowedError, ExitCode, InvalidInputError
from harness.reproduce.load_programs import program_names

if TYPE_CHECKING:
    from typer.testing import Result

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")
SCENARIO = """
schema = 1
title = "Replace a file once"
reports = ["https://example.org/1"]
lab = "linux"
command = ["{{python}}", "-I", "-S", "replace.py"]
time_limit_s = 30.0

[files]
"replace.py" = '''
import os
open("a", "w").write("new")
os.replace("a", "b")
'''

[[denied]]
call = "rename"
path = "{path}"
effect = 5

[[expect]]
releases = ["here"]
endings = ["{ending}"]
says = "{says}"
"""


def reproduced(*arguments: str | Path) -> Result:
    found = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "80"})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def written(
    folder: Path, ending: str = "failed", path: str = "a", says: str = "Permission denied"
) -> Path:
    file = folder / "mine.toml"
    file.write_text(SCENARIO.format(ending=ending, path=path, says=says))
    return file


@ON_LINUX
@pytest.mark.usefixtures("linux_lab")
@pytest.mark.parametrize(
    ("given", "code", "answer", "why"),
    [
        ({}, ExitCode.OK, "Reproduced: 1 report.", "failed, 1 attempt, denied"),
        (
            {"ending": "ok"},
            ExitCode.NOT_AS_EXPECTED,
            "1 not reproduced, of 1 report.",
            "failed instead of ok",
        ),
        (
            {"says": "os error 5"},
            ExitCode.NOT_AS_EXPECTED,
            "1 not reproduced, of 1 report.",
            "it does not say 'os error 5'",
        ),
        ({"path": "z"}, ExitCode.UNKNOWN, "1 unknown, of 1 report.", "no call that was to be denied"),
    ],
)
def test_the_answer_is_the_first_line_and_the_exit_code(
    tmp_path: Path, given: dict[str, str], code: ExitCode, answer: str, why: str
) -> None:
    found = reproduced(written(tmp_path, **given), "--allow-code")
    assert found.stdout.splitlines()[0] == answer
    assert why in found.stdout
    assert "Natively a denial is an errno only" in found.stdout
    assert found.exit_code == code


@ON_LINUX
@pytest.mark.usefixtures("linux_lab")
def test_json_has_the_attempts(tmp_path: Path) -> None:
    found = json.loads(reproduced(written(tmp_path), "--allow-code", "--json").stdout)
    assert found["counts"]["reproduced"] == 1
    (release,) = found["programs"][0]["releases"]
    assert release["attempts"] == [{"at_ms": 0.0, "denied": True, "error": 13}]
    assert release["left_besides"] == ["a"]


@ON_LINUX
@pytest.mark.usefixtures("linux_lab")
def test_a_program_that_fails_without_denials_is_unknown(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text().replace("import os", "raise SystemExit('no such option')"))
    found = reproduced(file, "--allow-code")
    assert found.exit_code == ExitCode.UNKNOWN
    assert "no such option" in found.stdout


@ON_LINUX
def test_without_wine_a_program_for_windows_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    file = written(tmp_path)
    file.write_text(file.read_text().replace('lab = "linux"', 'lab = "wine"'))
    found = reproduced(file, "--allow-code")
    assert found.exit_code == ExitCode.UNKNOWN
    assert "The Wine lane needs Wine" in found.stdout


def test_other_programs_run_only_if_allowed(tmp_path: Path) -> None:
    with pytest.raises(CodeNotAllowedError, match="mine runs a program"):
        reproduced(written(tmp_path))


def test_the_list_has_all_shipped_ones_and_runs_nothing() -> None:
    shown = reproduced("--list").stdout
    assert all(name in shown for name in program_names())
    with pytest.raises(InvalidInputError, match="--list"):
        reproduced("--list", "uv-1491")
