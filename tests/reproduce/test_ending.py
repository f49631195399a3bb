"""How a run ended is decided by what is on disk: real programs under denials, one for each ending."""

from __future__ import annotations

import sys

import pytest

from harness.preload.denial import Denial
from harness.reproduce.ending import Ended, ended
from harness.reproduce.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")
START = """
import os, shutil, sys, time
open("a", "w").write("new")
"""
RETRYING = """
while True:
    try:
        os.replace("a", "b")
        break
    except PermissionError:
        time.sleep(0.001)
"""
COPYING = """
try:
    os.replace("a", "b")
except PermissionError:
    shutil.copyfile("a", "b")
    os.remove("a")
"""
CLAIMING = """
try:
    os.replace("a", "b")
except PermissionError:
    pass
"""
TRUNCATING = """
try:
    os.replace("a", "b")
except PermissionError:
    open("b", "w").write("ne")
"""
PLAIN = "os.replace('a', 'b')"
FOR_EVER = Denial("rename", "a", 5)
ONCE = Denial("rename", "a", 5, first=1, hold_s=0.0)


def ended_as(box: Sandbox, code: str, *denials: Denial, timeout_s: float = 30) -> Ended:
    command = [sys.executable, "-I", "-S", "-c", START + code]
    undisturbed = [box.run(command, timeout_s=30) for _ in range(2)]
    assert undisturbed[0].exit_code in {0, 7}
    return ended(box.run(command, denials=denials, timeout_s=timeout_s), undisturbed)


@pytest.mark.parametrize(
    ("code", "denial", "ending", "reason"),
    [
        (RETRYING, ONCE, "ok", "after 1 denied attempt"),
        (PLAIN, FOR_EVER, "failed", "PermissionError: [Errno 13] Permission denied: 'a' -> 'b'"),
        (COPYING, FOR_EVER, "recovered", "what was denied never succeeded, and all is there"),
        (CLAIMING, FOR_EVER, "claimed", "missing: b"),
        (TRUNCATING, FOR_EVER, "claimed", "of other content: b"),
        (
            PLAIN,
            Denial("rename", "a", "quarantine"),
            "vanished",
            "FileNotFoundError: [Errno 2] No such file or directory: 'a' -> 'b'",
        ),
        (PLAIN, Denial("rename", "z", 5), "unknown", "it made no call that was to be denied"),
    ],
)
def test_each_ending(box: Sandbox, code: str, denial: Denial, ending: str, reason: str) -> None:
    found = ended_as(box, code, denial)
    assert (found.ending, found.reason) == (ending, reason)


def test_a_program_that_does_not_end_hangs(box: Sandbox) -> None:
    assert ended_as(box, RETRYING, FOR_EVER, timeout_s=0.5).ending == "hung"


def test_a_temporary_file_that_stays_is_told(box: Sandbox) -> None:
    found = ended_as(box, CLAIMING, FOR_EVER)
    assert found.difference.besides == ("a",)


def test_what_wine_lacks_is_no_failure_of_the_program(box: Sandbox) -> None:
    says = "\nprint('wine: Call to unimplemented function KERNEL32.dll.CopyFile2, aborting')"
    assert ended_as(box, PLAIN + says, FOR_EVER).ending == "failed"
    assert ended_as(box, CLAIMING + says, FOR_EVER).ending == "unknown"
