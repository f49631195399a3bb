"""The tool that kills runs: what it kills, what it finds, and what an interruption shows."""

from __future__ import annotations

import random
import shutil
import signal
import sys

import kill_runs
import pytest
from kill_runs import Killer
from killable_run import Kill

from harness.errors import ExitCode
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST

if sys.platform != "linux":
    pytest.skip("kills and finds processes as on Linux", allow_module_level=True)


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Killer:
    folder = tmp_path_factory.mktemp("kills")
    kill_runs.make_index(folder / "index", random.Random(1))
    return Killer(folder, "emulated", 1, folder / "index")


def test_killed_runs_are_completed_and_counted(killer: Killer) -> None:
    kill_runs.run_all(killer, 2)
    answer, spread = killer.findings.told()
    assert answer.startswith("2 kills, 0 findings: ")
    assert "ended with the same trials and outcomes as the undisturbed one (80 trials)" in answer
    assert spread.startswith("Platform emulated: ")
    assert [path.name for path in killer.folder.glob("run-*")] == []


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_kill_comes_at_its_file_call(killer: Killer, kind: signal.Signals) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell's job in the background has it
    with kill_runs.served(killer.index) as url:
        run = killer.new_run(f"at-call-{kind}", url)
        end = run.go(Kill(kind, at_call=killer.calls * 2 // 3))
        signal.signal(signal.SIGINT, before)
        assert end.code == (ExitCode.INTERRUPTED if kind == signal.SIGINT else -kind)
        killed_after = (run.read().folder / JOURNAL).read_bytes().count(b"\n")
        assert 0 < killed_after < len(killer.whole.read().trials)
        assert any(run.temporary.iterdir()) == (kind != signal.SIGINT)
        assert run.go().code == 0
    assert list(run.problems(killer.whole)) == []


def test_what_a_run_must_not_leave_or_lose_is_found(killer: Killer) -> None:
    run = killer.new_run("damaged", "")
    kept = killer.whole.read().folder
    folder = run.folder / "results" / kept.name
    folder.mkdir(parents=True)
    shutil.copy(kept / MANIFEST, folder)
    first, *lines = (kept / JOURNAL).read_bytes().splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(lines))
    (folder / "journal.part").touch()
    (run.temporary / "persist-harness-work-0").mkdir()
    partial = run.folder / "cache" / "archives" / "0" / "x.part.lock"
    partial.parent.mkdir(parents=True)
    partial.touch()
    lost, left = run.problems(killer.whole)
    assert lost.startswith("1 trials lost, such as ('")
    for name in ("journal.part", "persist-harness-work-0", "x.part.lock"):
        assert name in left
    (folder / JOURNAL).write_bytes(b"".join([first, *lines, first]))
    assert next(run.problems(killer.whole)).startswith("damaged: ")


def test_a_process_that_stays_is_found_and_ended(killer: Killer) -> None:
    run = killer.new_run("with-a-child", "")
    child = run.start([sys.executable, "-c", "import time; time.sleep(600)"])
    (line,) = run.processes_that_stay(linger_s=0)
    assert "time.sleep(600)" in line
    assert child.wait() == -signal.SIGKILL


def test_an_interruption_prints_what_was_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(killer: Killer, wanted: int) -> None:
        killer.findings.kills.append(Kill(signal.SIGTERM, at_call=wanted))
        killer.findings.found.append("SIGTERM at file call 7: a number changed")
        raise KeyboardInterrupt

    monkeypatch.setattr(kill_runs, "run_all", interrupted)
    assert kill_runs.main(["--kills", "7"]) == ExitCode.INTERRUPTED
    answer, _, finding, where = capsys.readouterr().out.splitlines()
    assert answer == "1 kill, 1 finding: see below."
    assert finding == "- SIGTERM at file call 7: a number changed"
    shutil.rmtree(where.removeprefix("Runs with findings are in "))


def test_what_it_cannot_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        kill_runs.main(["--kills", "0"])
    assert "--kills takes 1 or more" in capsys.readouterr().err
