"""A job ends its processes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.win32 import file_handles, jobs


def test_a_job_ends_its_processes_when_its_handle_is_closed() -> None:
    echo = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
    job = jobs.create_job()
    with subprocess.Popen(
        [sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        jobs.add_to_job(job, int(cast("Any", process)._handle))
        process.stdin.write("alive\n")
        process.stdin.flush()
        assert process.stdout.readline() == "alive\n"
        file_handles.close(job)
        process.wait(30)  # though its input goes on
        assert process.stdout.read() == ""
