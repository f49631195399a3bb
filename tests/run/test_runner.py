"""Whole runs: repeatable, resumable after any kind of stop, and clear when something is missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.api import run_scenarios
from harness.errors import CodeNotAllowedError, InvalidInputError, PayloadUnavailableError
from harness.payload.fetch import index_settings
from harness.record.read import Run, read_run
from harness.run.runner import Request, resume, start
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

STRATEGIES = '["plain", { use = "exponential", jitter = "full" }, "graceful-fs"]'


def without_cost(run: Run) -> list[dict[str, Any]]:
    lines = (run.folder / "journal.jsonl").read_text().splitlines()
    return [
        {key: value for key, value in json.loads(line).items() if key != "cost_us"} for line in lines
    ]


def by_id(run: Run) -> dict[str, dict[str, Any]]:
    found = {}
    for line in without_cost(run):
        line.pop("position")
        found[line["trial_id"]] = line
    return found


def test_the_same_seed_gives_the_same_journal_but_for_the_costs(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(strategies=STRATEGIES, profiles='["cloud-verdict", "brief"]')
    one, two = (run_scenario(path, blocks=8) for _ in range(2))
    other = run_scenario(path, blocks=8, seed=2)
    assert without_cost(one) == without_cost(two) != without_cost(other)


def test_eight_installs_at_once_give_the_same_journal_again(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = """
[[payload]]
kind = "files"
name = "entry"
sizes = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]
[[operations]]
kind = "write-replace"
to = "cache/{file}"
"""
    path = make_scenario(
        body, strategies=STRATEGIES, profiles='["scanner-mix", "brief"]', concurrency="8"
    )
    one, two = (run_scenario(path, blocks=4) for _ in range(2))
    assert without_cost(one) == without_cost(two)
    starts = [
        attempt[0]
        for trial in one.trials
        if trial.profile == "brief" and trial.outcome == "ok"
        for operation in trial.operations
        for attempt in operation.attempts[:1]
    ]
    assert starts.count(0) == 8 * sum(t.profile == "brief" and t.outcome == "ok" for t in one.trials)


def test_a_further_strategy_changes_no_other_trial(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    few = run_scenario(make_scenario(strategies=STRATEGIES, profiles='["brief"]'), blocks=10)
    many = STRATEGIES.replace('"plain", ', '"plain", "fixed-sleep", ')
    more = run_scenario(make_scenario(strategies=many, profiles='["brief"]'), blocks=10)
    common = by_id(more)
    assert len(common) == 40
    assert {key: common[key] for key in by_id(few)} == by_id(few)


def test_blocks_run_every_strategy_once_in_an_order_of_their_own(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies=STRATEGIES), blocks=30)
    orders = set()
    for block in range(30):
        trials = [trial for trial in run.trials if trial.block == block]
        assert [trial.position for trial in trials] == [0, 1, 2]
        orders.add(tuple(trial.strategy for trial in trials))
    assert len(orders) > 3


def test_factors_are_compared_like_strategies(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    factors = '{ primitive = ["move-replace", "posix-rename"], pause_ms = [0, 2.5] }'
    run = run_scenario(make_scenario(strategies='["plain"]', factors=factors), blocks=2)
    seen = {tuple(trial.factors.items()) for trial in run.trials}
    assert len(run.trials) == 8
    assert (("primitive", "posix-rename"), ("pause_ms", "2.5")) in seen
    paused = next(t for t in run.trials if t.factors["pause_ms"] == "2.5")
    assert paused.elapsed_ms == pytest.approx(2.8)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness", *map(str, arguments)]


def long_scenario(make_scenario: MakeScenario) -> Path:
    return make_scenario(strategies=STRATEGIES, profiles='["brief"]', blocks="150")


def wait_for_lines(folder: Path, lines: int) -> Path:
    """Wait until a run in `folder` has so many lines in its journal; return the run's folder."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for journal in folder.glob("*/journal.jsonl"):
            if journal.read_bytes().count(b"\n") >= lines:
                return journal.parent
        time.sleep(0.005)
    raise TimeoutError(f"no run with {lines} lines in {folder}")


def test_a_run_killed_again_and_again_is_completed_with_none_lost_and_none_twice(
    make_scenario: MakeScenario, run_scenario: RunScenario, tmp_path: Path
) -> None:
    if sys.platform == "win32":
        pytest.skip("no SIGKILL")
    path = long_scenario(make_scenario)
    whole = run_scenario(path)
    results = tmp_path / "killed"
    rng = random.Random()
    arguments: tuple[object, ...] = ("run", "--platform", "emulated", path, "--results", results)
    kills = 0
    folder = None
    while True:
        process = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, cwd=tmp_path)
        before = 0 if folder is None else (folder / "journal.jsonl").read_bytes().count(b"\n")
        if kills < 4:
            folder = wait_for_lines(results, before + rng.randint(1, 80))
            time.sleep(rng.random() / 100)
            process.send_signal(signal.SIGKILL)
            kills += 1
        code = process.wait()
        assert folder is not None
        if code == 0:
            break
        assert code == -signal.SIGKILL
        arguments = ("run", "--resume", folder)
    resumed = read_run(folder)
    ids = [trial.trial_id for trial in resumed.trials]
    assert len(ids) == len(set(ids)) == 450
    assert without_cost(resumed) == without_cost(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to another process")
def test_ctrl_c_leaves_a_run_and_says_how_to_go_on(make_scenario: MakeScenario, tmp_path: Path) -> None:
    path = long_scenario(make_scenario)
    results = tmp_path / "stopped"
    process = subprocess.Popen(
        command("run", "--platform", "emulated", path, "--results", results),
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    folder = wait_for_lines(results, 5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"harness run --resume {folder}" in said
    assert "Traceback" not in said
    done = subprocess.run(command("run", "--resume", folder), check=False, capture_output=True)
    assert done.returncode == 0
    assert len(read_run(folder).trials) == 450


def test_resuming_a_finished_run_adds_nothing(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=2)
    before = (run.folder / "journal.jsonl").read_bytes()
    resume(run.folder)
    assert (run.folder / "journal.jsonl").read_bytes() == before


def test_a_full_disk_is_said_and_leaves_whole_lines_that_a_resumed_run_completes(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    """A limit on the size of a file stands in for a full disk: the same error, a write cut short."""
    resource = pytest.importorskip("resource", reason="limits on file sizes are of Unix")
    path = long_scenario(make_scenario)
    results = tmp_path / "full"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    done = subprocess.run(
        command("run", "--platform", "emulated", path, "--results", results),
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        preexec_fn=limit,
    )
    assert done.returncode == 5, done.stderr
    assert "no room" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr
    (folder,) = results.iterdir()
    content = (folder / "journal.jsonl").read_bytes()
    assert content.endswith(b"\n")
    assert 0 < len(content) <= 150_000
    resume(folder)
    assert len(read_run(folder).trials) == 450


def test_two_processes_cannot_work_on_one_run(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    from filelock import FileLock  # noqa: PLC0415

    run = run_scenario(make_scenario(), blocks=1)
    with FileLock(run.folder / "run.lock"), pytest.raises(InvalidInputError, match="another process"):
        resume(run.folder)


def test_a_brief_hold_on_the_lock_is_waited_for(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """As by a scanner, to which the lock is one more file that was just written."""
    from filelock import FileLock  # noqa: PLC0415

    run = run_scenario(make_scenario(), blocks=1)
    held = threading.Event()

    def hold_for_a_moment() -> None:
        with FileLock(run.folder / "run.lock"):
            held.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold_for_a_moment)
    holder.start()
    assert held.wait(10)
    assert resume(run.folder) == run.folder
    holder.join()


def test_a_time_limit_ends_a_run_between_blocks(make_scenario: MakeScenario, tmp_path: Path) -> None:
    loaded = load_scenario(make_scenario(strategies=STRATEGIES, profiles='["brief"]'))
    run = run_scenarios([loaded], max_time_s=0.2, platform="emulated", results=tmp_path / "results")
    assert run.trials
    assert len(run.trials) % 3 == 0
    again = read_run(resume(run.folder))
    assert len(again.trials) <= len(run.trials) + 3 * 2000


def test_code_of_strangers_is_asked_for_before_anything_happens(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    marker = tmp_path / "it-ran"
    (tmp_path / "mine.py").write_text(f"open({str(marker)!r}, 'w')")
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]')
    loaded = load_scenario(path)  # loading executes nothing
    with pytest.raises(CodeNotAllowedError, match=r"mine\.py"):
        start(Request([loaded], platform="emulated", results=tmp_path / "results"))
    assert not marker.exists()
    assert not (tmp_path / "results").exists()


def test_offline_the_message_says_what_can_run_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")  # the discard port: refused
    index_settings.cache_clear()
    names = ["script-install", "numpy-wheel"]
    with pytest.raises(PayloadUnavailableError) as caught:
        start(
            Request(
                [load_scenario(name) for name in names],
                platform="emulated",
                results=tmp_path / "results",
            )
        )
    index_settings.cache_clear()
    assert "numpy-1.26.4" in caught.value.message
    hint = str(caught.value.hint)
    assert "harness run script-install" in hint
    assert "harness run numpy-wheel:generated" in hint
    assert not (tmp_path / "results").exists()


def test_nothing_is_left_outside_the_results_folder(
    make_scenario: MakeScenario,
    run_scenario: RunScenario,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {path for path in tmp_path.rglob("*") if "results" not in path.parts}
    run = run_scenario(make_scenario(strategies=STRATEGIES, profiles='["brief"]'), blocks=3)
    after = {path for path in tmp_path.rglob("*") if "results" not in path.parts}
    assert {path.name for path in after - before} == {"made.toml"}
    assert {entry.name for entry in os.scandir(run.folder)} <= {
        "manifest.json",
        "journal.jsonl",
        "run.lock",
    }


def test_a_file_to_rewrite_that_the_payload_lacks_is_said_before_anything_runs(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    body = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 1, other = { files = 1, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
[[operations]]
kind = "rewrite"
at = "site-packages"
file = "RECORD"
"""
    with pytest.raises(InvalidInputError, match="no file 'RECORD' to rewrite"):
        run_scenarios(
            [load_scenario(make_scenario(body))], platform="emulated", results=tmp_path / "results"
        )
    assert not (tmp_path / "results").exists()


def test_a_run_folder_of_a_stranger_cannot_smuggle_in_code(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    """Its manifest says that the scenario is a shipped one, and brings the text of a strategy."""
    (tmp_path / "mine.py").write_text(
        "from harness.strategy import Strategy, retry_if_winerror, strategy\n"
        "@strategy('mine')\n"
        "def mine(): return Strategy('mine', retry_if_winerror(5))\n"
    )
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]', name="script-install")
    run = run_scenarios(
        [load_scenario(path)], allow_code=True, platform="emulated", results=tmp_path / "results"
    )
    marker = tmp_path / "it-ran"
    manifest = json.loads((run.folder / "manifest.json").read_text())
    (entry,) = manifest["scenarios"]
    entry["shipped"] = True
    entry["strategies"][0]["source"] = f"open({str(marker)!r}, 'w')"
    (run.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CodeNotAllowedError):
        resume(run.folder)
    assert not marker.exists()


def test_a_run_with_a_strategy_file_is_resumed_from_the_text_in_its_manifest(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "from harness.strategy import Strategy, retry_if_winerror, strategy\n"
        "@strategy('mine')\n"
        "def mine(): return Strategy('mine', retry_if_winerror(5))\n"
    )
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]')
    run = run_scenarios(
        [load_scenario(path)], allow_code=True, platform="emulated", results=tmp_path / "results"
    )
    lines = (run.folder / "journal.jsonl").read_text().splitlines(keepends=True)
    (run.folder / "journal.jsonl").write_text("".join(lines[:1]))
    (tmp_path / "mine.py").unlink()
    assert len(read_run(resume(run.folder, allow_code=True)).trials) == 3


def strategy_file(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "mine.py").write_text(
        "from harness.strategy import Strategy, retry_if_winerror, strategy\n"
        f"@strategy('mine')\ndef mine(): return Strategy('mine', {arguments})\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("retry_if_winerror(32), lambda state: -1", "wants to wait -1"),
        ("retry_if_winerror(32), lambda state: 1 / 0", "ZeroDivisionError"),
        ("retry_if_winerror('32')", "Win32 error codes"),
        ("retry_if_winerror(32), stop=lambda s: s.attempt_number > 2 and 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_strategy_that_cannot_work_is_refused_before_the_run(
    make_scenario: MakeScenario, tmp_path: Path, arguments: str, words: str
) -> None:
    strategy_file(tmp_path, arguments)
    loaded = load_scenario(make_scenario(strategies='[{ use = "mine", file = "mine.py" }]'))
    with pytest.raises(InvalidInputError, match=words):
        run_scenarios([loaded], allow_code=True, platform="emulated", results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_strategy_that_never_gives_up_ends_as_harness_error(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    strategy_file(tmp_path, "retry_if_winerror(32, 5)")
    body = """
[[payload]]
kind = "files"
name = "entry"
sizes = [10]
[[operations]]
kind = "write-replace"
to = "cache/{file}"
existing = true
"""
    keys = {"strategies": '[{ use = "mine", file = "mine.py" }]', "profiles": '["permanent"]'}
    loaded = load_scenario(make_scenario(body, **keys))
    run = run_scenarios(
        [loaded], blocks=1, allow_code=True, platform="emulated", results=tmp_path / "results"
    )
    assert run.trials[0].outcome == "harness-error"
    assert "did not give up in 100,000 attempts" in str(run.trials[0].detail)


def test_a_results_folder_that_cannot_be_is_said_before_anything_is_fetched(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    loaded = load_scenario(make_scenario())
    for results in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InvalidInputError, match="not a folder that can be written to"):
            run_scenarios([loaded], platform="emulated", results=results)


def test_a_journal_that_repeats_a_trial_is_refused(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=2)
    journal = run.folder / "journal.jsonl"
    journal.write_text(journal.read_text() + journal.read_text().splitlines(keepends=True)[0])
    with pytest.raises(InvalidInputError, match="line 3 repeats the trial made/none/0/plain"):
        resume(run.folder)


def test_better_citations_change_no_draw(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    duration = 'distribution = "uniform", low_ms = 1, high_ms = 500'
    path = make_scenario(strategies=STRATEGIES, profiles='["varied"]')
    profile = make_profile("varied", 0, duration=duration)
    before = run_scenario(path, blocks=3)
    profile.write_text(profile.read_text().replace("a test", "a better source"))
    assert without_cost(run_scenario(path, blocks=3)) == without_cost(before)


def test_a_run_is_not_completed_with_a_strategy_that_behaves_otherwise(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies='["exponential"]'), blocks=1)
    manifest = json.loads((run.folder / "manifest.json").read_text())
    manifest["scenarios"][0]["strategies"][0]["attempts_ms"][3] = 71
    (run.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InvalidInputError, match="behaves otherwise"):
        resume(run.folder)


def test_a_run_folder_with_links_is_refused(
    make_scenario: MakeScenario, run_scenario: RunScenario, tmp_path: Path
) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    victim = tmp_path / "victim"
    victim.write_text("a line without an end")
    (run.folder / "journal.jsonl").unlink()
    (run.folder / "journal.jsonl").symlink_to(victim)
    with pytest.raises(InvalidInputError, match="is a link"):
        resume(run.folder)
    assert victim.read_text() == "a line without an end"
