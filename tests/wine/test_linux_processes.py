"""Processes are found by their environment, and all of them end."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from harness.wine.linux_processes import end_all, leads_session, processes_with, read

if sys.platform != "linux":
    pytest.skip("asks Linux", allow_module_level=True)

STARTS_ANOTHER = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", flush=True)
child.wait()
"""


def test_a_process_and_what_it_started_are_found_and_ended() -> None:
    variable = f"HARNESS_TEST={uuid.uuid4().hex}"
    name, _, value = variable.partition("=")
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_ANOTHER],
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        found = processes_with(variable)
        assert len(found) == 2
        assert [leads_session(each) for each in found].count(True) == 1
        end_all(lambda: processes_with(variable))
        assert process.wait(10) != 0
    assert processes_with(variable) == []


def test_a_process_that_has_ended_has_no_content() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as process:
        pass
    ended = Path("/proc", str(process.pid))
    assert read(ended / "environ") == ""
    assert not leads_session(ended)
