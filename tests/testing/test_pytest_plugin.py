"""The pytest plugin as its users have it: each test runs a session of its own on a small project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_plugin_lab import PLUGIN, plugin_options

Session = Callable[..., tuple[int, str]]

STORE = '''
import contextlib, os, tempfile

def save(path, text):
    """Leaves its temporary file behind if the rename fails."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(name, path)

def save_in_two_steps(path, text):
    """Loses the old file if the rename fails."""
    new = path.with_suffix(".new")
    new.write_text(text)
    path.unlink(missing_ok=True)
    new.rename(path)

def save_or_not(path, text):
    """Says nothing if the rename fails."""
    new = path.with_suffix(".new")
    new.write_text(text)
    with contextlib.suppress(OSError):
        new.replace(path)

def save_well(path, text):
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        try:
            os.replace(name, path)
        except PermissionError:
            os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
'''


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Run pytest on tests of a project that has the module ``store``; return its code and output."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "store.py").write_text(STORE)

    def run(tests: str, *options: str) -> tuple[int, str]:
        (project / "test_store.py").write_text("import pytest, store, os, tempfile, time\n" + tests)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin_options(), *options]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path[1:]))}
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_fixture_the_marker_and_the_clock(session: Session) -> None:
    """A failure has its timeline; what is not held passes; the session is one."""
    code, shown = session(
        """
def test_held(hold, tmp_path):
    path = tmp_path / "config"
    path.write_text("old")
    with hold(path, for_ms=5000):
        store.save(path, "new")

def test_patient(hold, virtual_clock, tmp_path):
    path = tmp_path / "config"
    path.write_text("old")
    hold(path, for_ms=60_000)
    for wait_s in (0, 50, 50):
        time.sleep(wait_s)
        try:
            store.save(path, "new")
            break
        except PermissionError:
            pass
    assert path.read_text() == "new"

@pytest.mark.held("minute-hold", seed=1)
def test_marked(tmp_path):
    store.save(tmp_path / "config", "new")

def test_not_held(tmp_path):
    store.save(tmp_path / "config", "new")
"""
    )
    assert code == 1
    assert re.search(r"\b1 failed, 3 passed|\b2 failed, 2 passed", shown)
    assert "FAILED test_store.py::test_held" in shown
    assert "1 call met a hold, 1 of them refused" in shown
    assert "at store.py:9" in shown
    assert "watch.py" not in shown, "the call is shown, and not what refused it"


def test_a_failure_of_a_fixture_has_its_timeline_and_a_mistake_is_shown_in_the_test(
    session: Session,
) -> None:
    code, shown = session(
        """
@pytest.fixture
def saved(hold, tmp_path):
    (tmp_path / "config").write_text("old")
    hold(tmp_path / "config")
    store.save(tmp_path / "config", "new")

def test_saved(saved): pass

def test_absent(hold, tmp_path):
    hold(tmp_path / "absent")

def test_fails_by_itself(hold): assert False
"""
    )
    assert code == 1
    assert "1 call met a hold, 1 of them refused" in shown
    assert "HoldNotTakenError" in shown
    assert "locks.py" not in shown
    assert "Nothing was held." in shown
    assert "draws the same" not in shown


HALF = """
schema = 2
title = "Every other file is held for good"

[[holds]]
handle = { object = "child", access = "read", share = "r", evidence = "assumed", source = "a test" }
probability = { value = 0.5, evidence = "assumed", source = "a test" }
delay = { of = { distribution = "constant", ms = 0 }, evidence = "assumed", source = "a test" }
duration = { of = { distribution = "forever" }, evidence = "assumed", source = "a test" }
"""


def test_a_suite_runs_under_drawn_holds_with_a_seed_that_repeats_them(
    session: Session, tmp_path: Path
) -> None:
    profile = tmp_path / "half.toml"
    profile.write_text(HALF)
    tests = """
@pytest.mark.parametrize("number", range(8))
def test_saved(tmp_path, number):
    store.save(tmp_path / "config", "new")
"""
    code, shown = session(tests, "--held", str(profile))
    (seed,) = re.findall(r"held files: .*half.toml, seed (\d+) ", shown)
    failed = set(re.findall(r"^FAILED (\S+)", shown, flags=re.MULTILINE))
    assert code == bool(failed)
    _, again = session(tests, "--held", str(profile), "--held-seed", seed)
    assert set(re.findall(r"^FAILED (\S+)", again, flags=re.MULTILINE)) == failed
    assert session(tests)[0] == 0, "nothing is held without being asked for"


AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""


def test_a_test_that_is_run_again_is_held_again(session: Session, tmp_path: Path) -> None:
    profile = tmp_path / "always.toml"
    profile.write_text(HALF.replace("0.5", "1"))
    (tmp_path / "project" / "conftest.py").write_text(AGAIN)
    code, shown = session(
        "def test_saved(tmp_path):\n    store.save(tmp_path / 'config', 'new')\n",
        *("--held", str(profile), "--held-seed", "3"),
    )
    assert code == 1
    assert "2 failed" in shown
    assert "--held-seed 3 draws the same" in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--held", "bref"), "brief"),
        (("--held-every", "--held-journal", "."), "is a folder, not a file"),
        (("--held-every", "--held-journal", "none/journal"), "No such file or directory"),
        (("--held-every", "--held-budget", "0"), "expected a whole number from 1"),
        (("--held-every", "--held-limit", "0"), "expected a number of seconds"),
    ],
)
def test_wrong_options_are_said_before_anything_runs(
    session: Session, options: tuple[str, ...], said: str
) -> None:
    code, shown = session("def test_nothing(): pass\n", *options)
    assert code == 4
    assert said in shown
    assert "Traceback" not in shown
    assert "INTERNALERROR" not in shown


EACH = """
@pytest.mark.parametrize(
    "save", [store.save, store.save_in_two_steps, store.save_or_not, store.save_well]
)
def test_saved(save, tmp_path):
    path = tmp_path / "config"
    path.write_text("old")
    save(path, "new")
    if save is not store.save_or_not:
        assert path.read_text() == "new"

def test_reads_nothing():
    assert store

def test_clears_away_after_itself(request):
    handle, name = tempfile.mkstemp()
    os.close(handle)
    request.addfinalizer(lambda: os.unlink(name))
"""


def test_each_call_fails_once_and_what_comes_of_it_is_said(session: Session, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    code, shown = session(EACH, "--held-every", "--held-journal", str(journal))
    assert code == 1
    assert "6 passed" in shown
    assert "ERROR" not in shown
    bad = re.findall(
        r"^(loses data|claims success|leaves rubbish): (\S+) at (\S+),", shown, re.MULTILINE
    )
    assert sorted(bad) == [
        ("claims success", "os.replace", "store.py:23"),
        ("leaves rubbish", "os.remove", "store.py:15"),
        ("leaves rubbish", "os.replace", "store.py:9"),
        ("loses data", "os.rename", "store.py:16"),
    ]
    lines = journal.read_text().splitlines()

    journal.write_text("\n".join(lines[:-2]) + "\n" + lines[-2][:20])  # it was cut off
    code, again = session(EACH, "--held-every", "--held-journal", str(journal))
    assert code == 1
    assert [line for line in again.splitlines() if line.startswith("Of ")] == [
        line for line in shown.splitlines() if line.startswith("Of ")
    ]


def test_a_budget_draws_by_the_seed(session: Session) -> None:
    options = ("--held-every", "--held-budget", "1", "--held-seed", "5", "-k", "save_well")
    _, shown = session(EACH, *options)
    assert re.search(r"^Of 1 call in 1 test: ", shown, re.MULTILINE)
    _, again = session(EACH, *options)
    assert re.findall("^Of .*", again, re.MULTILINE) == re.findall("^Of .*", shown, re.MULTILINE)


UNENDING = """
import threading, time

def tell(path, told):
    try:
        path.write_text("new")
    except OSError:
        return
    told.set()

def wait_for_another(path):
    told = threading.Event()
    threading.Thread(target=tell, args=(path, told)).start()
    told.wait()

def wait_in_another(path):
    told = threading.Event()
    threads = [threading.Thread(target=tell, args=(path, told)), threading.Thread(target=told.wait)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def try_for_ever(path):
    while not path.exists():
        try:
            path.write_text("new")
        except OSError:
            while True:
                time.sleep(0.01)

def try_whatever_comes(path):
    while not path.exists():
        try:
            path.write_text("new")
        except OSError:
            while True:
                try:
                    time.sleep(0.01)
                except BaseException:
                    pass
"""
SAVED = """
from unending import *

@pytest.mark.parametrize("save", [{}])
def test_saved(save, tmp_path):
    save(tmp_path / "config")

def test_ends(tmp_path):
    store.save_well(tmp_path / "config", "new")
"""


def test_what_does_not_end_is_ended_and_said(session: Session, tmp_path: Path) -> None:
    (tmp_path / "project" / "unending.py").write_text(UNENDING)
    ways = {"try_for_ever": "unending.py:27"}
    if sys.platform != "win32":  # there a wait for a thread is not interrupted
        ways |= {"wait_for_another": "unending.py:6", "wait_in_another": "unending.py:6"}
    code, shown = session(SAVED.format(", ".join(ways)), "--held-every", "--held-limit", "1")
    assert code == 1
    assert f"{len(ways) + 1} passed" in shown
    ended = re.findall(
        r"^did not end: open at (\S+), in .*: the test still ran after 1 s", shown, re.MULTILINE
    )
    assert ended == list(ways.values())
    assert re.search(rf"^Of .* {len(ways)} did not end", shown, re.MULTILINE)


def test_what_cannot_be_ended_ends_the_session_which_goes_on_after_it(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "project" / "unending.py").write_text(UNENDING)
    options = ("--held-every", "--held-limit", "0.5", "--held-journal", "journal")
    code, shown = session(SAVED.format("try_whatever_comes"), *options)
    assert code == 3
    assert "test_saved[try_whatever_comes] did not end, and cannot be interrupted. Run the same" in shown
    code, shown = session(SAVED.format("try_whatever_comes"), *options)
    assert code == 1
    assert "2 passed" in shown
    assert "1 did not end" in shown


def test_runs_again_leave_no_folders(session: Session, tmp_path: Path) -> None:
    session(EACH, "--held-every", "--basetemp", str(tmp_path / "base"))
    assert len(list((tmp_path / "base").glob("test_*"))) == 4  # one of each test that has one


def test_findings_of_all_workers_are_told(session: Session) -> None:
    pytest.importorskip("xdist")
    code, shown = session(EACH, "--held-every", "-n", "2")
    assert code == 1
    assert "loses data: os.rename at store.py:16" in shown
    assert "claims success: os.replace at store.py:23" in shown


def test_nothing_of_ours_is_imported_until_it_is_used() -> None:
    asked = f"import sys, {PLUGIN}; print(*[name for name in sys.modules if name.startswith('harness')])"
    shown = subprocess.check_output([sys.executable, "-c", asked], text=True)
    assert set(shown.split()) == {"harness", "harness.testing", PLUGIN}
