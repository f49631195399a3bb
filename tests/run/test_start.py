"""Whole runs: repeatable, resumable after any kind of stop, and clear when something is missing."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from record_lab import manifest_of, write_manifest
from scenario_lab import LAUNCHER

from harness.api import run_scenarios
from harness.errors import CodeNotAllowedError, InvalidInputError
from harness.record.read import Run, read_run
from harness.record.trial_record import SCHEMA, Place
from harness.run import recorded_call
from harness.run.events import Damaged, Event
from harness.run.options import RunOptions
from harness.run.start import resume, start
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

EMULATED = ("--platform", "emulated", "--seed", 1)
STRATEGIES = '["plain", { use = "exponential", jitter = "full" }, "graceful-fs-60s"]'


OF_ITS_RUN = {"trial_id", "run", "cost_us", "check"}
"""What two runs of the same trials differ in."""


def without_cost(run: Run) -> list[dict[str, Any]]:
    lines = (run.folder / "journal.jsonl").read_text().splitlines()
    return [
        {key: value for key, value in json.loads(line).items() if key not in OF_ITS_RUN}
        for line in lines
    ]


def by_place(run: Run) -> dict[Place, dict[str, Any]]:
    lines = without_cost(run)
    for line in lines:
        line.pop("position")
    return {trial.place: line for trial, line in zip(run.trials, lines, strict=True)}


def test_the_same_seed_gives_the_same_journal_but_for_the_costs(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(strategies=STRATEGIES, profiles='["cloud-verdict", "brief"]')
    one, two = (run_scenario(path, blocks=8) for _ in range(2))
    other = run_scenario(path, blocks=8, seed=2)
    assert without_cost(one) == without_cost(two) != without_cost(other)


def test_without_a_seed_each_run_has_one_of_its_own_and_a_resumed_run_keeps_it(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    loaded = load_scenario(make_scenario(profiles='["cloud-verdict"]'))
    options = RunOptions(blocks=8, platform="emulated", results=tmp_path / "results")
    runs = [read_run(start([loaded], options)) for _ in range(3)]
    assert len({run.manifest.seed for run in runs}) == 3
    held = [
        [hold.duration_us for trial in run.trials for hold in trial.operations[0].holds] for run in runs
    ]
    assert held[0] != held[1] != held[2]
    journal = runs[0].folder / "journal.jsonl"
    whole = without_cost(runs[0])
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:3]))
    resume(runs[0].folder)
    assert without_cost(runs[0]) == whole


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
    common = by_place(more)
    assert len(common) == 40
    assert {key: common[key] for key in by_place(few)} == by_place(few)


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
    arguments: tuple[object, ...] = ("run", *EMULATED, path, "--results", results)
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
    assert kills == 4
    resumed = read_run(folder)
    ids = [trial.trial_id for trial in resumed.trials]
    assert len(ids) == len(set(ids)) == 450
    assert without_cost(resumed) == without_cost(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to another process")
def test_ctrl_c_leaves_a_run_and_says_how_to_go_on(make_scenario: MakeScenario, tmp_path: Path) -> None:
    path = long_scenario(make_scenario)
    results = tmp_path / "stopped"
    process = subprocess.Popen(
        command("run", *EMULATED, path, "--results", results),
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


@pytest.mark.skipif(shutil.which("unshare") is None, reason="makes a small disk as Linux does")
def test_a_disk_without_room_for_the_manifest_is_named_and_no_folder_is_left(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    long = f"{LAUNCHER}# {'more than a page of memory ' * 200}"
    mount = 'mount -t tmpfs -o size=8k tmpfs "$1" && head -c 4096 /dev/zero > "$1/full" || exit 99'
    script = f'{mount}; results=$1; shift; "$@"; code=$?; ls "$results"; exit $code'
    done = subprocess.run(
        [
            *("unshare", "-rm", "sh", "-c", script, "sh", str(results)),
            *command("run", *EMULATED, make_scenario(long), "--results", results),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    if done.returncode == 99 or done.stderr.startswith("unshare:"):
        pytest.skip(f"no disk could be made: {done.stderr}")
    assert done.returncode == 5, done.stderr
    assert re.search(r"results/\w+-\w+/manifest\.json: no room \(No space left", done.stderr)
    assert "--results" in done.stderr
    assert done.stdout.split() == ["Preparing", "made", "full"]


def test_a_full_work_folder_is_named(make_scenario: MakeScenario, tmp_path: Path) -> None:
    """A limit on the size of a file stands in for a full disk, as below."""
    resource = pytest.importorskip("resource", reason="limits on file sizes are of Unix")
    done = subprocess.run(
        command("run", *EMULATED, make_scenario(), "--results", tmp_path / "results"),
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
    )
    assert done.returncode == 5, done.stderr
    assert re.search(r"persist-harness-work-\w+: no room \(File too large\)", done.stderr)
    assert "TMPDIR" in done.stderr


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
        command("run", *EMULATED, path, "--results", results),
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        # what measures the tests has files to write as well
        env={key: value for key, value in os.environ.items() if not key.startswith("COV")},
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


def test_code_of_strangers_is_asked_for_before_anything_happens(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    marker = tmp_path / "it-ran"
    (tmp_path / "mine.py").write_text(f"open({str(marker)!r}, 'w')")
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]')
    loaded = load_scenario(path)  # loading executes nothing
    with pytest.raises(CodeNotAllowedError, match=r"mine\.py"):
        start([loaded], RunOptions(platform="emulated", results=tmp_path / "results", seed=1))
    assert not marker.exists()
    assert not (tmp_path / "results").exists()


def test_a_run_folder_of_a_stranger_cannot_smuggle_in_code(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    """Its manifest says that the scenario is a shipped one, and brings the text of a strategy."""
    (tmp_path / "mine.py").write_text(
        "from tenacity import stop_after_attempt\n"
        "from harness.strategy import Strategy, retry_if_winerror, strategy\n"
        "@strategy('mine')\n"
        "def mine(): return Strategy('mine', retry_if_winerror(5), stop=stop_after_attempt(3))\n"
    )
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]', name="script-install")
    run = run_scenarios(
        [load_scenario(path)], allow_code=True, platform="emulated", results=tmp_path / "results", seed=1
    )
    marker = tmp_path / "it-ran"
    manifest = manifest_of(run.folder)
    (entry,) = manifest["scenarios"]
    entry["shipped"] = True
    entry["strategies"][0]["source"] = f"open({str(marker)!r}, 'w')"
    write_manifest(run.folder, manifest)
    with pytest.raises(CodeNotAllowedError):
        resume(run.folder)
    assert not marker.exists()


def test_a_run_with_a_strategy_file_is_resumed_from_the_text_in_its_manifest(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "from tenacity import stop_after_attempt\n"
        "from harness.strategy import Strategy, retry_if_winerror, strategy\n"
        "@strategy('mine')\n"
        "def mine(): return Strategy('mine', retry_if_winerror(5), stop=stop_after_attempt(3))\n"
    )
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]')
    run = run_scenarios(
        [load_scenario(path)], allow_code=True, platform="emulated", results=tmp_path / "results", seed=1
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
        run_scenarios(
            [loaded], allow_code=True, platform="emulated", results=tmp_path / "results", seed=1
        )
    assert not (tmp_path / "results").exists()


def test_a_strategy_that_never_gives_up_ends_as_harness_error(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_call, "MAX_ATTEMPTS", 5001)  # 100,001 take seconds
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
        [loaded], blocks=1, allow_code=True, platform="emulated", results=tmp_path / "results", seed=1
    )
    assert run.trials[0].outcome == "harness-error"
    assert "did not give up in 5,001 attempts" in str(run.trials[0].detail)


def test_a_damaged_run_is_resumed_with_its_sound_trials_and_says_so(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """One line is repeated, one is changed, one is of another run."""
    run, other = (run_scenario(make_scenario(), blocks=4) for _ in range(2))
    journal = run.folder / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    strange = (other.folder / "journal.jsonl").read_bytes().splitlines(keepends=True)[3]
    before = lines[0] + lines[1].replace(b'"ok"', b'"not-retried"') + lines[2] + lines[0] + strange
    journal.write_bytes(before)
    events: list[Event] = []
    resume(run.folder, on_event=events.append)
    (said,) = [event.text for event in events if isinstance(event, Damaged)]
    assert said == (
        "Left out: 3 damaged lines of the journal "
        "(line 2: its check sum does not match, so it was changed; "
        "line 4: it repeats the trial of line 1; "
        f"line 5: it is of another run, {other.manifest.run}). "
        "Trials that are missing now are run again."
    )
    assert journal.read_bytes().startswith(before)
    again = read_run(run.folder)
    assert [trial.block for trial in again.trials] == [0, 2, 1, 3]
    assert again.damage.lines == 3


def test_a_run_whose_manifest_was_changed_is_not_resumed(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=2)
    path = run.folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    with pytest.raises(InvalidInputError, match="is not as it was written") as caught:
        resume(run.folder)
    assert "Restore it from a copy" in str(caught.value.hint)


def test_better_citations_change_no_draw(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    duration = 'distribution = "uniform", low_ms = 1, high_ms = 500'
    path = make_scenario(strategies=STRATEGIES, profiles='["varied"]')
    profile = make_profile("varied", 0, duration=duration)
    before = run_scenario(path, blocks=3)
    profile.write_text(profile.read_text().replace("a test", "a better source"))
    assert without_cost(run_scenario(path, blocks=3)) == without_cost(before)


def test_a_run_is_not_completed_with_a_strategy_that_now_behaves_differently(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies='["exponential"]'), blocks=1)
    manifest = manifest_of(run.folder)
    manifest["scenarios"][0]["strategies"][0]["attempts_ms"][3] = 71
    write_manifest(run.folder, manifest)
    with pytest.raises(InvalidInputError, match="now behaves differently than when the run started"):
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


OLDER = Path(__file__).parents[1] / "record" / "run_of_schema_2"
"""A run of schema 2: "uv" and "pip" stood for the first strategy of these systems."""


@pytest.fixture
def older_run(tmp_path: Path) -> Path:
    """That run as it was when half of its trials were done."""
    folder = tmp_path / "older"
    folder.mkdir()
    shutil.copy(OLDER / "manifest.json", folder)
    lines = (OLDER / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]))
    return folder


def test_a_run_of_an_older_schema_is_completed_with_the_same_trials(older_run: Path) -> None:
    before = (older_run / "journal.jsonl").read_bytes()
    resume(older_run)
    after = (older_run / "journal.jsonl").read_bytes()
    assert after.startswith(before)
    assert [json.loads(line)["schema"] for line in after.splitlines()] == [2] * 150 + [SCHEMA] * 150
    whole, completed = read_run(OLDER), read_run(older_run)
    for trial, expected in zip(completed.trials, whole.trials, strict=True):
        new = {"trial_id", "cost_us"}
        assert trial.model_dump(exclude=new) == expected.model_dump(exclude=new)


@pytest.mark.parametrize(
    ("part", "words"),
    [("situation", "holds would be drawn differently"), ("strategies", "now behaves differently")],
)
def test_a_run_of_an_older_schema_is_refused_where_its_trials_would_differ(
    older_run: Path, part: str, words: str
) -> None:
    manifest = json.loads((older_run / "manifest.json").read_text())
    entry = manifest["scenarios"][0]
    if part == "situation":
        entry["situation"] = "0" * 64
    else:
        entry["strategies"][0]["codes"] = [5]
    (older_run / "manifest.json").write_text(json.dumps(manifest))
    before = (older_run / "journal.jsonl").read_bytes()
    with pytest.raises(InvalidInputError, match=words):
        resume(older_run)
    assert (older_run / "journal.jsonl").read_bytes() == before
