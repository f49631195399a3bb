"""Programs for Windows are denied by Wine's server: with the Win32 code, seen attempt by attempt."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.preload.denial import CODES, Denial
from harness.reproduce.denial_lab import Lab
from harness.reproduce.execution import Execution
from harness.reproduce.labs import lab_named
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.wine import Lane
from harness.wine.linux_processes import processes_with

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")
RENAMES = """
import os, sys, time
for name in sys.argv[2:]:
    open(name, "w").write("new")
    for attempt in range(int(sys.argv[1])):
        try:
            os.replace(name, name + ".done")
            break
        except OSError as error:
            print(name, error.winerror)
            time.sleep(0.01)
"""


@pytest.fixture(scope="module")
def wine_lab() -> Iterator[Lab]:
    try:
        with lab_named("wine") as lab:
            yield lab
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture
def wine_box(wine_lab: Lab) -> Iterator[Sandbox]:
    with sandbox(wine_lab) as made:
        yield made


def ran(box: Sandbox, code: str, *arguments: str, denials: tuple[Denial, ...] = ()) -> Execution:
    python = box.lab.spelled(box.lab.python)
    return box.run([python, "-I", "-c", code, *arguments], denials=denials, timeout_s=60)


def test_each_code_reaches_the_program_and_each_attempt_is_logged(wine_box: Sandbox) -> None:
    denials = tuple(Denial("rename", f"file{code}", code, first=2, hold_s=0.0) for code in CODES)
    run = ran(wine_box, RENAMES, "3", *(f"file{code}" for code in CODES), denials=denials)
    assert run.exit_code == 0
    assert list(run.output) == [f"file{code} {code}" for code in CODES for _ in range(2)]
    assert [each.done for each in run.attempts] == ["denied", "denied", "passed"] * 4
    assert run.tree.keys() == {f"file{code}.done" for code in CODES}


def test_what_is_to_be_removed_is_denied_by_its_open(wine_box: Sandbox) -> None:
    code = (
        "import os\nopen('kept', 'w').close()\nopen('gone', 'w').close()\nos.remove('gone')\n"
        "try: os.remove('kept')\nexcept OSError as error: print(error.winerror)"
    )
    run = ran(wine_box, code, denials=(Denial("open", "kept", 32),))
    assert list(run.output) == ["32"]
    assert run.tree.keys() == {"kept"}
    assert ("delete", "gone") in [(each.call, each.source) for each in run.calls]


def test_a_quarantined_file_is_not_found(wine_box: Sandbox) -> None:
    run = ran(wine_box, RENAMES, "1", "a", denials=(Denial("rename", "a", "quarantine"),))
    assert list(run.output) == ["a 2"]
    assert run.tree == {}


def test_the_rules_of_ntfs_hold_for_programs_too(wine_box: Sandbox) -> None:
    code = (
        "import os\nos.mkdir('d')\nwith open('d/f', 'w'):\n"
        " try: os.rename('d', 'e')\n except OSError as error: print(error.winerror)"
    )
    assert list(ran(wine_box, code).output) == ["5"]


def test_nothing_of_this_user_reaches_a_program(
    wine_box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    code = (
        "import os, tempfile\nprint('SECRET_TOKEN' in os.environ)\n"
        "print(os.getcwd(), tempfile.gettempdir())\n"
        "open(os.path.join(os.environ['APPDATA'], 'kept'), 'x')"
    )
    for _ in range(2):  # and nothing of an earlier run either
        assert list(ran(wine_box, code).output) == ["False", ". ~"]
    users = Path(wine_box.lab.lane.server.prefix, "drive_c", "users")  # type: ignore[attr-defined]
    assert not [place for place in users.glob("*/*") if os.path.islink(place)]


def test_a_program_that_does_not_end_is_ended_with_its_children(wine_box: Sandbox) -> None:
    code = (
        "import subprocess, sys, time\nprint('started', flush=True)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\ntime.sleep(99)"
    )
    python = wine_box.lab.spelled(wine_box.lab.python)
    run = wine_box.run([python, "-I", "-c", code], timeout_s=4)
    assert run.exit_code is None
    assert list(run.output) == ["started"]
    prefix = wine_box.lab.lane.server.prefix  # type: ignore[attr-defined]
    left = [(path / "cmdline").read_bytes() for path in processes_with(f"WINEPREFIX={prefix}")]
    assert not [line for line in left if b"python.exe" in line]


def test_programs_share_no_prefix_with_the_bench(wine_lab: Lab, ntfs: Lane) -> None:
    server = wine_lab.lane.server  # type: ignore[attr-defined]
    assert server.prefix != ntfs.server.prefix
    assert server.pid() != ntfs.server.pid()
