"""``harness diagnose`` on the command line: its exit codes, its answer, and the pack."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.diagnose import app
from harness.errors import InvalidInputError


def harness(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "diagnose", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )


def python(program: str) -> list[str]:
    return ["--", sys.executable, "-c", program]


def test_a_command_has_its_own_exit_code_and_output() -> None:
    done = harness(*python("import sys; print('out'); sys.exit(3)"))
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert "failed with exit code 3, but not because a file was held" in done.stderr


def test_after_the_limit_it_is_124() -> None:
    done = harness("--time-limit", "2s", *python("import time; time.sleep(600)"))
    assert done.returncode == 124
    assert "did not end within" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there it can be told")
def test_where_nothing_is_held_that_is_said_and_packed(tmp_path: Path) -> None:
    text = "import sys; print('[WinError 32] in use: ' + repr('C:/Users/zelda/a')); sys.exit(1)"
    done = harness("--pack", str(tmp_path / "pack"), "--json", *python(text))
    assert done.returncode == 1
    found = json.loads(done.stdout[done.stdout.index("\n{") :])
    assert (found["verdict"], found["platform"], found["control"]) == ("not asked", "other", None)
    packed = (tmp_path / "pack" / "diagnosis.json").read_text(encoding="utf-8")
    assert "zelda" not in packed
    assert "Nothing was sent. In it:" in done.stderr


def test_a_pack_is_only_written_into_a_new_folder(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for folder in (tmp_path, tmp_path / "missing" / "pack"):
        command = python(f"open({str(ran)!r}, 'x')")
        with pytest.raises(InvalidInputError, match="--pack"):
            CliRunner().invoke(app, ["--pack", str(folder), *command], catch_exceptions=False)
    assert not ran.exists()


@pytest.mark.parametrize("time", ["10", "-1s", "2 days", "9999h"])
def test_times_have_units(time: str) -> None:
    with pytest.raises(InvalidInputError, match="--watch"):
        CliRunner().invoke(app, ["--watch", time, "--", "true"], catch_exceptions=False)
