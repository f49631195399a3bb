"""No process that a child leaves behind remains, whatever it did to get away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("only Linux gives orphans to another process", allow_module_level=True)

from harness.wine.orphans import orphans_ended


def is_running(process: int) -> bool:
    return Path("/proc", str(process)).exists()


@pytest.mark.parametrize(
    "escape",
    ["", "setsid", "env -i setsid", "env -i setsid sh -c 'sleep 60 & sleep 60 & wait'"],
    ids=["in the background", "in another session", "without environment", "with children of its own"],
)
def test_orphans_end_with_the_context(escape: str) -> None:
    script = f"{escape} sleep 60 >/dev/null 2>&1 & echo $!"
    with orphans_ended():
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
        orphan = int(done.stdout)
        assert is_running(orphan)
    assert not is_running(orphan)


def test_a_child_from_before_goes_on() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as other:
        with orphans_ended():
            subprocess.run(["/bin/true"], check=True)
        assert other.poll() is None
        other.kill()


def test_orphans_end_after_an_error_too() -> None:
    def fail() -> None:
        with orphans_ended():
            done = subprocess.run(
                ["/bin/sh", "-c", "sleep 60 >&2 & echo $!"], stdout=subprocess.PIPE, check=True
            )
            raise RuntimeError(done.stdout.decode())

    with pytest.raises(RuntimeError) as error:
        fail()
    assert not is_running(int(str(error.value)))
