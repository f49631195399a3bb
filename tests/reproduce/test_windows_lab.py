"""On Windows real holds deny the calls of programs; what they then do is seen on disk."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.errors import NotSupportedError
from harness.preload.denial import Denial
from harness.reproduce.denial_lab import Lab
from harness.reproduce.ending import Ended
from harness.reproduce.execution import Execution
from harness.reproduce.lab_names import lab_here
from harness.reproduce.labs import lab_named
from harness.reproduce.probe import ProbeOptions, probe
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.reproduce.undisturbed import Undisturbed

PLAIN = "import os\nos.replace('source', 'target')"
WAITS = """
import os, time
for _ in range(2000):
    try:
        os.replace('source', 'target')
        break
    except OSError:
        time.sleep(0.005)
"""
COPIES = """
import os, shutil
try:
    os.replace('source', 'target')
except OSError:
    shutil.copyfile('source', 'target')
"""
CLAIMS = """
import os
try:
    os.replace('source', 'target')
except OSError as error:
    print(error.winerror)
"""
WRITES_FIRST = (
    "open('new', 'w').write('1')\nimport time\ntime.sleep(0.5)\nimport os\nos.replace('new', 'moved')"
)
LATE_MS = 250.0
"""On a busy machine, all three runs of a length may start so much later than undisturbed ones."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with lab_named(lab_here("wine")) as made:
        yield made


@pytest.fixture
def box(lab: Lab) -> Iterator[Sandbox]:
    """A sandbox with a file to move, another one to move it onto, and a folder with a file in it."""
    with sandbox(lab) as made:
        (made.work / "source").write_text("new")
        (made.work / "folder").mkdir()
        (made.work / "folder" / "file").write_text("inside")
        made.keep_as_template()
        yield made


def ran(
    box: Sandbox, code: str, *denials: Denial, undisturbed: list[Execution] | None = None
) -> Execution:
    command = [str(box.lab.python), "-I", "-S", "-c", code]
    return box.run(command, denials=denials, undisturbed=undisturbed or [], timeout_s=30)


def ended(box: Sandbox, code: str, *denials: Denial) -> tuple[Ended, Execution]:
    undisturbed = Undisturbed(lambda: ran(box, code))
    run = ran(box, code, *denials, undisturbed=undisturbed.runs)
    return undisturbed.ended(run), run


HELD = Denial("rename", "source", 32)


def test_a_program_that_tries_once_fails_on_a_held_source(box: Sandbox) -> None:
    how, run = ended(box, PLAIN, HELD)
    assert how.ending == "failed"
    assert "[WinError 32]" in how.reason
    assert run.holds is not None
    assert run.holds.words.startswith(
        "held from before its start to its end: source (not shared for deletion); undisturbed, the call "
    )
    assert not run.attempts


def test_a_program_that_waits_longer_than_the_hold_is_ok(box: Sandbox) -> None:
    how, run = ended(box, WAITS, Denial("rename", "source", 32, hold_s=0.3))
    assert how.ending == "ok"
    assert run.holds is not None
    assert run.holds.due_ms is not None
    assert run.holds.released_ms is not None
    assert run.holds.released_ms >= run.holds.due_ms[1] + 300
    assert run.holds.through_ms[0] >= run.holds.released_ms
    assert run.tree.keys() == {"target", "folder/file"}


def test_a_program_that_copies_instead_recovers(box: Sandbox) -> None:
    how, run = ended(box, COPIES, HELD)
    assert how.ending == "recovered"
    assert run.tree.keys() == {"source", "target", "folder/file"}


def test_a_program_that_says_all_is_well_claims_it(box: Sandbox) -> None:
    how, run = ended(box, CLAIMS, HELD)
    assert (how.ending, how.reason) == ("claimed", "missing: target")
    assert list(run.output) == ["32"]


@pytest.mark.parametrize(
    ("denial", "code", "says"),
    [
        (Denial("rename", "folder", 5), "os.rename('folder', 'other')", "[WinError 5]"),
        (Denial("rename", "folder", 32), "os.rename('folder', 'other')", "[WinError 32]"),
        (
            Denial("rename", "folder/*", 5, "target"),
            "os.replace('source', 'folder/file')",
            "[WinError 5]",
        ),
        (Denial("delete", "folder/file", 32), "os.remove('folder/file')", "[WinError 32]"),
        (Denial("open", "source", 32), "os.remove('source')", "[WinError 32]"),
        (Denial("write", "source", 32), "open('source').read()\nopen('source', 'r+')", "[Errno 13]"),
    ],
    ids=str,
)
def test_a_hold_denies_the_call_with_the_code_that_is_asked_for(
    box: Sandbox, denial: Denial, code: str, says: str
) -> None:
    run = ran(box, f"import os\n{code}", denial)
    assert run.exit_code == 1
    assert says in run.last_words


def test_a_rename_whose_source_cannot_be_held_so_is_denied_by_its_target(box: Sandbox) -> None:
    (box.template / "target").write_text("old")
    how, run = ended(box, PLAIN, Denial("rename", "source", 5))
    assert how.ending == "failed"
    assert "[WinError 5]" in how.reason
    assert run.holds is not None
    assert list(run.holds.held) == ["target (shared for all)"]


def test_a_name_that_comes_later_is_held_as_soon_as_it_is_reported(box: Sandbox) -> None:
    how, run = ended(box, WRITES_FIRST, Denial("rename", "ne*", 32))
    assert how.ending == "failed"
    assert run.holds is not None
    assert run.holds.words.endswith("racing: 0 of 1 name could not be held in time")


def test_a_race_that_is_lost_is_not_called_a_success(box: Sandbox) -> None:
    how, run = ended(box, PLAIN, Denial("rename", "target", 5, "target"))
    assert (how.ending, how.reason) == ("unknown", "racing: 1 of 1 name could not be held in time")
    assert run.exit_code == 0


@pytest.mark.parametrize(
    ("denial", "why"),
    [
        (Denial("rename", "source", 33), "no hold makes a rename fail with exactly 33"),
        (Denial("rename", "source", 5), "no hold on source makes a rename fail with exactly 5"),
        (Denial("rename", "source", "quarantine"), "a quarantine is not made"),
        (Denial("rename", "source", 32, first=2), "cannot tell attempts apart"),
        (Denial("create", "target", 5), "the making of a file is not denied"),
    ],
)
def test_what_no_hold_can_do_is_refused_with_the_reason(box: Sandbox, denial: Denial, why: str) -> None:
    with pytest.raises(NotSupportedError, match=why):
        ran(box, PLAIN, denial)


def test_nothing_of_a_program_outlives_its_time_limit(box: Sandbox) -> None:
    grandchild = "import time; open('alive', 'w'); time.sleep(60)"
    code = (
        "import subprocess, sys, time, os\n"
        f"subprocess.Popen([sys.executable, '-c', {grandchild!r}])\n"
        "while not os.path.exists('alive'): time.sleep(0.01)\n"
        "print('both run', flush=True)\ntime.sleep(60)"
    )
    run = box.run([str(box.lab.python), "-I", "-c", code], timeout_s=2)
    assert run.exit_code is None
    assert list(run.output) == ["both run"]
    (box.work / "alive").unlink()  # nobody has it open, nor works in its folder
    box.work.rename(box.folder / "moved")


def test_what_a_program_made_read_only_or_left_open_is_cleared_away(box: Sandbox) -> None:
    ran(box, "import os, stat\nos.chmod('folder/file', stat.S_IREAD)\nopen('left', 'w').write('1')")
    held = (box.work / "left").open()
    closing = threading.Timer(0.3, held.close)  # as a scanner does
    closing.start()
    assert ran(box, "import os\nprint(os.access('folder/file', os.W_OK))").output == ["True"]
    closing.join()


def test_a_program_gets_its_own_home_and_nothing_of_the_users(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_SECRET", "of the user")
    code = (
        "import os\nprint('HARNESS_SECRET' in os.environ)\n"
        "print(len({os.environ[name] for name in ('TEMP', 'USERPROFILE', 'APPDATA')}), os.getcwd())"
    )
    assert list(ran(box, code).output) == ["False", "1 ."]


def test_renames_and_other_changes_are_the_calls_of_a_run(box: Sandbox) -> None:
    code = (
        "import os\nos.rename('source', 'folder/moved')\nopen('folder/file', 'w').write('changed')\n"
        "open('made', 'w').write('1')\nos.remove('made')"
    )
    calls = [(each.call, each.source, each.target) for each in ran(box, code).calls]
    assert calls == [
        ("rename", "source", "folder/moved"),
        ("write", "folder/file", None),
        ("create", "made", None),
        ("delete", "made", None),
    ]


RETRIES = """
import os, time
end = time.monotonic() + 0.4
while True:
    try:
        os.replace('source', 'target')
        break
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.01)
"""


def test_a_probe_finds_the_budget_of_a_program_by_holding_longer_and_shorter(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("new")
    command = [sys.executable, "-I", "-S", "-c", RETRIES]
    found = probe(command, ProbeOptions(files=tmp_path, codes=(32, 33), bisection_s=3))
    (path,) = found.paths
    assert (found.lab, path.words, path.retried) == (lab_here("wine"), "renames source to target", [32])
    assert path.budget_ms is not None
    low, high = path.budget_ms
    assert low <= 400 + LATE_MS  # a run may be late, never early
    assert high >= 400
    held, not_held = path.codes
    assert (held.ending, held.attempts) == ("failed", None)
    assert (not_held.ending, not_held.held) == ("unknown", None)
