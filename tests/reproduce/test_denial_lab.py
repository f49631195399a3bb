"""Calls of real processes are denied as the rules say, and logged; nothing outlives a run."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest

from harness.preload.denial import ERRNO, Denial, rules_text, write_whole
from harness.preload.denial_log import LoggedCall, read_calls, read_more
from harness.reproduce.denial_lab import redaction_of
from harness.reproduce.execution import Execution
from harness.reproduce.linux_lab import LinuxLab
from harness.reproduce.sandbox import Sandbox
from harness.wine.windows_path import windows_path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")
RENAMES = """
import os, sys, time
open("a", "w").write("new")
for attempt in range(int(sys.argv[1])):
    try:
        os.replace("a", "b")
        break
    except OSError as error:
        print("errno", error.errno)
        time.sleep(0.001)
else:
    sys.exit("gave up: error")
"""


def ran(box: Sandbox, code: str, *denials: Denial, arguments: tuple[str, ...] = ("9",)) -> Execution:
    command = [sys.executable, "-I", "-S", "-c", code, *arguments]
    return box.run(command, denials=denials, timeout_s=30)


def done(run: Execution) -> list[str]:
    return [each.done for each in run.attempts]


@pytest.mark.parametrize("code", [5, 32, 33, 145])
def test_a_rename_is_denied_with_the_error_that_is_asked_for(box: Sandbox, code: int) -> None:
    run = ran(box, RENAMES, Denial("rename", "a", code, first=3, hold_s=0.0))  # type: ignore[arg-type]
    assert run.exit_code == 0
    assert done(run) == ["denied"] * 3 + ["passed"]
    assert [each.error for each in run.attempts] == [ERRNO["linux"][code]] * 3 + [0]
    assert list(run.output) == [f"errno {ERRNO['linux'][code]}"] * 3
    assert run.tree.keys() == {"b"}


def test_it_is_denied_until_so_long_after_the_first_attempt(box: Sandbox) -> None:
    run = ran(box, RENAMES, Denial("rename", "?", 5, "target", hold_s=0.02), arguments=("999",))
    assert run.exit_code == 0
    assert len(run.attempts) > 2
    for each in run.attempts:
        assert (each.done == "denied") == (each.since_ms < 20)


def test_each_path_has_a_clock_of_its_own(box: Sandbox) -> None:
    code = "import os\nfor n in '12':\n open(n, 'w')\n try: os.rename(n, n + 'x')\n except OSError: pass"
    run = ran(box, code, Denial("rename", "[12]", 5, first=1, hold_s=0.0))
    assert [(each.source, each.attempt) for each in run.attempts] == [("1", 1), ("2", 1)]
    assert run.tree.keys() == {"1", "2"}


def test_other_files_and_other_calls_are_let_through_and_logged(box: Sandbox) -> None:
    run = ran(box, RENAMES, Denial("rename", "z", 5), Denial("delete", "*", 5))
    assert not run.attempts
    assert [(each.call, each.source, each.target) for each in run.calls] == [
        ("create", "a", None),
        ("rename", "a", "b"),
    ]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("delete", "os.remove('here')"),
        ("write", "open('here', 'a')"),
        ("open", "open('here')"),
        ("open", "open('here', 'r+')"),
        ("create", "open('new', 'w')"),
    ],
)
def test_other_calls_are_denied_too(box: Sandbox, call: str, code: str) -> None:
    (box.work / "here").write_text("x")
    box.keep_as_template()
    run = ran(box, f"import os\n{code}", Denial(call, "*", 5))  # type: ignore[arg-type]
    assert run.exit_code == 1
    assert done(run) == ["denied"]
    assert run.tree.keys() == {"here"}


@pytest.mark.parametrize(("same_depth", "denied"), [(False, ["sub/a", "b"]), (True, ["b"])])
def test_a_wild_card_may_end_at_the_next_folder(
    box: Sandbox, same_depth: bool, denied: list[str]
) -> None:
    (box.work / "sub").mkdir()
    for name in ("sub/a", "b"):
        (box.work / name).write_text("x")
    box.keep_as_template()
    code = "import os\nfor n in ('sub/a', 'b'):\n try: os.remove(n)\n except OSError: pass"
    run = ran(box, code, Denial("delete", "*", 5, same_depth=same_depth))
    assert [each.source for each in run.attempts] == denied


def test_opening_what_is_to_be_made_is_not_denied(box: Sandbox) -> None:
    assert ran(box, "open('new', 'w')", Denial("open", "*", 5)).exit_code == 0


def test_a_quarantine_takes_the_file_away_before_the_first_attempt(box: Sandbox) -> None:
    run = ran(box, RENAMES, Denial("rename", "a", "quarantine"), arguments=("2",))
    assert done(run) == ["quarantined", "passed"]
    assert [each.error for each in run.attempts] == [errno.ENOENT] * 2
    assert run.tree == {}


def test_programs_of_the_system_are_denied_too(box: Sandbox) -> None:
    (box.work / "folder").mkdir()
    (box.work / "folder" / "file").write_text("x")
    box.keep_as_template()
    moved = box.run(["mv", "folder", "other"], denials=[Denial("rename", "folder", 5)], timeout_s=30)
    assert (moved.exit_code, done(moved)) == (1, ["denied"])
    removed = box.run(["rm", "-r", "folder"], denials=[Denial("delete", "*/file", 5)], timeout_s=30)
    assert (removed.exit_code, done(removed)) == (1, ["denied"])
    assert removed.tree.keys() == {"folder/file"}


def test_rules_are_read_again_when_they_change(tmp_path: Path, linux_lab: LinuxLab) -> None:
    rules, log = tmp_path / "rules", tmp_path / "log"
    work = tmp_path / "work"
    work.mkdir()
    write_whole(rules, rules_text([Denial("rename", "a", 5)], work, "linux"))
    environment = {
        "LD_PRELOAD": str(linux_lab.library),
        "HARNESS_DENIALS": str(rules),
        "HARNESS_DENIALS_LOG": str(log),
    }

    def lift() -> None:
        while not any(each.done == "denied" for each in read_calls(log)):
            time.sleep(0.002)
        write_whole(rules, rules_text([], work, "linux"))

    lifting = threading.Thread(target=lift)
    lifting.start()
    command = [sys.executable, "-I", "-S", "-c", RENAMES, "10000"]
    subprocess.run(command, cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL)
    lifting.join()
    assert (work / "b").read_text() == "new"


@pytest.mark.parametrize("more", ["", "env={}, "], ids=["marked", "without environment"])
def test_nothing_outlives_a_program_that_does_not_end(box: Sandbox, more: str) -> None:
    mark = f"harness-{uuid.uuid4().hex}"
    code = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)', '{mark}'], "
        f"{more}start_new_session=True)\n"
        "print('started', flush=True)\ntime.sleep(99)"
    )
    command = [sys.executable, "-I", "-c", code]
    run = box.run(command, timeout_s=1)
    assert run.exit_code is None
    assert run.output == ["started"]
    assert mark not in "".join(map(_command_line, Path("/proc").glob("[0-9]*/cmdline")))


def _command_line(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_a_program_gets_neither_the_home_nor_the_environment_of_its_user(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hush")
    run = ran(box, "import os\nprint(sorted(os.environ))\nprint(os.environ['HOME'], os.getcwd())")
    assert "SECRET" not in run.output[0]
    assert run.output[1] == "~ ."


def test_a_run_begins_with_what_was_there_at_first(box: Sandbox) -> None:
    (box.work / "kept").write_text("x")
    box.keep_as_template()
    for _ in range(2):
        run = ran(box, "import os\nos.remove('kept')\nopen('made', 'x')")
        assert run.exit_code == 0
        assert run.tree.keys() == {"made"}


def test_the_folder_of_a_sandbox_is_removed(linux_lab: LinuxLab) -> None:
    from harness.reproduce.sandbox import sandbox  # noqa: PLC0415

    with sandbox(linux_lab) as box:
        ran(box, "import os\nos.mkdir('closed')\nopen('closed/file', 'w')\nos.chmod('closed', 0)")
        folder = box.folder
    assert not folder.exists()


def test_a_torn_line_of_the_log_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("1.000\t7\trename\tdenied\t0\t1\t0.000\t13\t/a\t/b\n2.000\t7\trena")
    assert read_calls(log) == [LoggedCall(1.0, "rename", "denied", 0, 1, 0.0, 13, "/a", "/b", 7)]
    assert read_calls(tmp_path / "absent") == []


def test_a_log_is_read_on_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = "1.000\t7\trename\tdenied\t0\t1\t0.000\t13\t/a\t/b\n"
    log.write_text(line + line[:9])
    calls, offset = read_more(log, 0)
    assert (len(calls), offset) == (1, len(line))
    log.write_text(line + line)
    assert read_more(log, offset) == (calls, 2 * len(line))
    assert read_more(log, 2 * len(line)) == ([], 2 * len(line))


def test_wild_cards_in_the_path_of_the_folder_are_none(linux_lab: LinuxLab, tmp_path: Path) -> None:
    folder, home = tmp_path / "a[b]*c", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    if shutil.which("mv") is None:
        pytest.skip("there is no mv")
    (folder / "x").write_text("")
    run = linux_lab.run(
        ["mv", "x", "y"], folder, home=home, denials=[Denial("rename", "x", 5)], timeout_s=9
    )
    assert done(run) == ["denied"]
    assert os.listdir(folder) == ["x"]


class SpelledForWindows(LinuxLab):
    """A lab whose programs get paths of Windows."""

    def spelled(self, path: Path) -> str:
        return windows_path(path)


@pytest.mark.parametrize(
    "shown",
    [
        r"Z:\opt\Run\work\new",
        r"Z:\\opt\\Run\\work\\new",
        r"z:\opt\run\work\new",
        r"z:\\\\opt\\\\run\\\\work\\\\new",
        "Z:/opt/Run/work/new",
        "/opt/Run/work/new",
    ],
)
def test_where_a_program_ran_is_hidden_however_it_is_spelled(linux_lab: LinuxLab, shown: str) -> None:
    lab = SpelledForWindows(linux_lab.library)
    folder = Path("/opt/Run/work")
    hidden = redaction_of(lab, folder, folder.with_name("home")).text(f"denied: '{shown}'")
    assert "un" not in hidden
    assert hidden.startswith("denied: '.")
