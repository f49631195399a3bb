"""Ctrl-C ends the command with its exit code and no traceback, also while it is still being loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ExitCode

INTERRUPTED_AT = """
import os, signal, sys

def hook(event, arguments):
    if event == "import" and arguments[0] == os.environ["INTERRUPT_AT"]:
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(hook)
"""
COMMAND = ("-m", "harness", "run", "script-install", "--generated", "--platform", "emulated", "--seed=1")
INSTALLED = ("-c", "from harness.__main__ import main; main()", *COMMAND[2:])


MODULES = ("harness.cli.app", "typer.main", "harness.cli.progress", "harness.run")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a process")
@pytest.mark.parametrize(
    ("command", "module"), [*((COMMAND, each) for each in MODULES), (INSTALLED, "typer.main")]
)
def test_an_interrupt_while_a_module_is_imported(
    tmp_path: Path, command: tuple[str, ...], module: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_AT)
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "INTERRUPT_AT": module},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.INTERRUPTED
    assert done.stderr.splitlines()[0] == "Interrupted."
    assert "Traceback" not in done.stderr
