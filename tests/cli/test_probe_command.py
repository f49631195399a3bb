"""``harness probe``: write paths, attempts and schedules of real programs; claims that do not hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from harness.cli.probe import app
from harness.errors import ExitCode, HarnessError, InvalidInputError

if TYPE_CHECKING:
    from typer.testing import Result

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux"),
    pytest.mark.usefixtures("linux_lab"),
]
TOOL = """
import os, tempfile, time
handle, name = tempfile.mkstemp(dir=".", prefix="lock-")
os.close(handle)
for attempt in range(4):
    try:
        os.replace(name, "lock")
        break
    except PermissionError:
        time.sleep(0.03)
else:
    raise SystemExit("error: gave up")
try:
    os.remove("old")
except OSError:
    pass
"""


def probed(*arguments: str | Path) -> Result:
    found = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "160"})
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture
def tool(tmp_path: Path) -> list[str]:
    files = tmp_path / "files"
    files.mkdir()
    (files / "old").write_text("x")
    script = tmp_path / "tool.py"
    script.write_text(TOOL)
    return ["--files", str(files), "--", sys.executable, "-I", "-S", str(script)]


def test_each_write_path_is_measured(tool: list[str]) -> None:
    found = json.loads(probed("--json", *tool).stdout)
    renames, removes = found["paths"]
    assert renames["words"] == "renames lock-* to lock"
    assert {each["code"]: len(each["attempts"]) for each in renames["codes"]} == {
        5: 4,
        32: 1,
        33: 1,
        145: 1,
    }
    assert renames["attempts"] == 4
    assert renames["budget_ms"][0] >= 90
    assert renames["stable"]
    assert {each["ending"] for each in renames["codes"]} == {"failed"}
    assert removes["words"] == "removes old"
    assert {each["ending"] for each in removes["codes"]} == {"recovered"}
    assert removes["budget_ms"] == [0.0, 0.0]
    assert found["answer"] == "It retries 1 of 2 write paths, after 5."


def test_where_success_is_claimed_is_said_in_the_answer(tmp_path: Path) -> None:
    script = tmp_path / "tool.py"
    script.write_text(TOOL.replace('raise SystemExit("error: gave up")', "pass"))
    found = probed("--", sys.executable, "-I", "-S", str(script))
    assert found.stdout.splitlines()[0] == (
        "It retries 1 of 1 write path, after 5. It claims success though not all is there where this is "
        "denied: it renames lock-* to lock."
    )


def test_jitter_is_no_schedule(tmp_path: Path) -> None:
    script = tmp_path / "tool.py"
    script.write_text(TOOL.replace("time.sleep(0.03)", "time.sleep(0.4 * (time.time_ns() % 997) / 997)"))
    found = probed("--", sys.executable, "-I", "-S", str(script))
    assert "between 3 runs: jitter, or a busy machine" in found.stdout
    assert "fits" not in found.stdout


def test_a_claim_that_does_not_hold_is_said_and_in_the_exit_code(tool: list[str]) -> None:
    found = probed("--claims", "retries for 10 s", "--most", "1", *tool)
    assert found.exit_code == ExitCode.NOT_AS_EXPECTED
    assert found.stdout.splitlines()[0] == "It retries 1 of 1 write path, after 5."
    assert "claimed 10 s, but the last attempt is at " in found.stdout
    assert "Not probed (--most): it removes old." in found.stdout


def test_a_command_that_writes_nothing_is_told_so() -> None:
    found = probed("--", "true")
    assert found.exit_code == ExitCode.UNKNOWN
    assert found.stdout.startswith("It renames, rewrites and removes nothing")


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("input('Proceed? ')", "ended with code 1", "It asks a question"),
        (
            "import socket; socket.create_connection(('127.0.0.1', 1))",
            "Connection refused",
            "to need a network",
        ),
        ("open('absent')", "No such file", "--files fills"),
        ("import time; time.sleep(99)", "did not end", "--time-limit"),
    ],
)
def test_what_does_not_end_well_undisturbed_gets_a_sentence(code: str, message: str, hint: str) -> None:
    with pytest.raises(HarnessError, match=message) as caught:
        probed("--time-limit", "1s", "--", sys.executable, "-I", "-S", "-c", code)
    assert hint in str(caught.value.hint)


def test_a_program_that_is_not_there_is_said() -> None:
    with pytest.raises(InvalidInputError, match="no program 'absent-tool'"):
        probed("--", "absent-tool")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--report", "absent"], "--report: .*cmake-rename"),
        (["--report", "cmake-rename", "--", "true"], "has a command and files of its own"),
        (["--report", "cmake-rename", "--release", "0.1"], "--release: cmake-rename has"),
        ([], "there is nothing to probe"),
        (["--atlas", "atlas", "--json"], "--atlas and --all go with"),
        (["--all", "--json"], "--atlas and --all go with"),
        (["--all", "--report", "cmake-rename"], "--all probes all reports, and goes without --report"),
        (["--files", "absent", "--", "true"], "is not a folder"),
        (["--claims", "robust", "--", "true"], "neither a time nor a number"),
    ],
)
def test_what_does_not_fit_together_is_said(arguments: list[str], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        probed(*arguments)
