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


RETRYING = """
[files]
"replace.py" = '''
import os, sys
open("a", "w").write("new")
for attempt in range(4 if {retries} else 1):
    try:
        os.replace("a", "b")
        break
    except PermissionError as error:
        failed = error
else:
    raise failed
'''

[[denied]]
call = "rename"
path = "a"
effect = 5
first = 3
hold_s = 0.000001

[[expect]]
releases = ["1.0", "1.1", "1.2"]
endings = ["ok"]
"""


def written_with_releases(folder: Path, retries: str) -> Path:
    file = written(folder)
    head = file.read_text().partition("[files]")[0].replace('replace.py"]', 'replace.py", "{version}"]')
    file.write_text(head + RETRYING.format(retries=retries))
    return file


@ON_LINUX
@pytest.mark.usefixtures("linux_lab")
@pytest.mark.parametrize(
    ("retries", "answer", "code"),
    [
        (
            "sys.argv[1] > '1.0'",
            "mine: 1.1 is the first fixed release (ok); 1.0 is not (failed).",
            ExitCode.OK,
        ),
        ("False", "mine: No change among 3 releases: failed.", ExitCode.NOT_AS_EXPECTED),
    ],
)
def test_bisecting_names_the_first_fixed_release_and_shows_the_runs(
    tmp_path: Path, retries: str, answer: str, code: ExitCode
) -> None:
    found = reproduced(written_with_releases(tmp_path, retries), "--bisect", "--allow-code")
    assert found.stdout.splitlines()[0] == answer
    assert "1.0  failed, 1 attempt, denied: PermissionError" in found.stdout
    assert found.exit_code == code


@ON_LINUX
@pytest.mark.usefixtures("linux_lab")
def test_a_bisection_as_json_has_the_changes_and_the_runs(tmp_path: Path) -> None:
    file = written_with_releases(tmp_path, "sys.argv[1] == '1.1'")
    found = json.loads(reproduced(file, "--bisect", "--allow-code", "--json").stdout)
    (one,) = found["programs"]
    changes = [(each["becomes"], each["before"], each["first"]) for each in one["changes"]]
    assert changes == [("fixed", "1.0", "1.1"), ("broken", "1.1", "1.2")]
    assert not one["monotone"]
    assert [each["ending"] for each in one["program"]["releases"]] == ["failed", "ok", "failed"]


def test_bisecting_takes_a_report() -> None:
    with pytest.raises(InvalidInputError, match="--bisect takes a report"):
        reproduced("--bisect")
