"""A program claims success only if it did not leave what every undisturbed run of it leaves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count

import pytest

from harness.preload.denial import Denial
from harness.reproduce.execution import Execution
from harness.reproduce.sandbox import Sandbox
from harness.reproduce.undisturbed import MOST, Undisturbed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")
CODE = """
import os
open("time", "w").write(os.environ["SECOND"])
open("a", "w")
try:
    os.replace("a", "b")
except PermissionError:
    {on_denial}
"""
COPIES = 'open("b", "w")'
GOES_ON = "pass"


def program(box: Sandbox, on_denial: str, seconds: Iterator[int], *denials: Denial) -> Execution:
    command = [sys.executable, "-I", "-S", "-c", CODE.format(on_denial=on_denial)]
    environment = {"SECOND": str(next(seconds))}
    return box.run(command, environment=environment, denials=denials, timeout_s=30)


@pytest.mark.parametrize(
    ("on_denial", "ending", "runs"), [(COPIES, "recovered", 3), (GOES_ON, "claimed", MOST)]
)
def test_another_run_shows_what_differs_now_and_then(
    box: Sandbox, on_denial: str, ending: str, runs: int
) -> None:
    first_two_alike = iter([1, 1, 2, 3, 4])
    undisturbed = Undisturbed(lambda: program(box, on_denial, first_two_alike))
    denied = program(box, on_denial, iter([9]), Denial("rename", "a", 5))
    assert undisturbed.ended(denied).ending == ending
    assert len(undisturbed.runs) == runs


def test_files_of_any_content_need_no_other_run(box: Sandbox) -> None:
    undisturbed = Undisturbed(lambda: program(box, COPIES, iter([1])), ["time"])
    denied = program(box, COPIES, iter([9]), Denial("rename", "a", 5))
    assert undisturbed.ended(denied).ending == "recovered"
    assert len(undisturbed.runs) == 2


def test_what_differs_each_time_needs_no_other_run(box: Sandbox) -> None:
    seconds = count()
    undisturbed = Undisturbed(lambda: program(box, COPIES, seconds))
    denied = program(box, COPIES, seconds, Denial("rename", "a", 5))
    assert undisturbed.ended(denied).ending == "recovered"
    assert len(undisturbed.runs) == 2
