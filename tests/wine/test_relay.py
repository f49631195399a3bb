"""Whole runs under Wine, ordered from Linux: what a person types, and what is there afterwards."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import command_lab
import pytest

from harness.errors import NotSupportedError
from harness.record.read import Run, read_run
from harness.run.events import ignore
from harness.scenario.load import load_scenario
from harness.wine import Lane, relay, tools

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario


pytestmark = pytest.mark.usefixtures("ntfs")  # which skips, with the reason, where there is no Wine


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness", *map(str, arguments)]


def harness(*arguments: object, cwd: Path, rules: str = "ntfs") -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_WINE_RULES", rules)
        return command_lab.harness(*arguments, cwd=cwd)


def only_run(results: Path) -> Run:
    (folder,) = results.iterdir()
    return read_run(folder)


class Whole(NamedTuple):
    """A whole run, and what the command printed."""

    run: Run
    printed: str


@pytest.fixture(scope="module")
def whole(ntfs: Lane, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    assert ntfs.rules == "ntfs"
    cwd = tmp_path_factory.mktemp("whole")
    done = harness("run", "script-install", "--platform", "wine", "--blocks", 1, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return Whole(only_run(cwd / "results"), done.stdout)


def test_the_run_says_that_it_was_wine_which_one_and_by_which_rules(whole: Whole) -> None:
    manifest = whole.run.manifest
    assert manifest.platform == "wine"
    assert manifest.platform_facts["rules"] == "ntfs"
    assert manifest.platform_facts["wine"] in tools.wine_version()
    assert manifest.environment["system"] == "Windows"
    assert manifest.staging == "written anew"
    assert {trial.platform for trial in whole.run.trials} == {"wine"}


def test_every_strategy_met_a_real_hold(whole: Whole) -> None:
    strategies = {choice.display for choice in load_scenario("script-install").scenario.strategies}
    assert {trial.strategy for trial in whole.run.trials} == strategies
    assert len(whole.run.trials) == len(strategies)
    for trial in whole.run.trials:
        (operation,) = trial.operations
        (hold,) = operation.holds
        assert trial.void is None
        assert hold.opened_us is not None
        assert operation.attempts[0][2] == 32
    plain, patient = (
        next(trial for trial in whole.run.trials if trial.strategy == name)
        for name in ("plain", "fixed 100 ms")
    )
    assert (plain.outcome, plain.operations[0].dest_state) == ("not-retried", "missing")
    assert (patient.outcome, patient.operations[0].dest_state) == ("ok", "new")
    assert patient.elapsed_ms > 99


def test_the_tables_and_what_is_left_out_are_printed_on_this_side(whole: Whole) -> None:
    assert "script-install under brief  (wine (ntfs rules), 1 block)" in whole.printed
    assert "Wine: the Windows code and real handles, but not the rules" in whole.printed
    assert (
        "Left out: script-install/cloud-verdict: its holds last up to 60 s; --long-holds runs it"
        in whole.printed
    )
    assert "7 trials in 1 case on the wine platform" in whole.printed
    assert f"Run: results/{whole.run.folder.name}" in whole.printed


def test_where_somebody_keeps_results_is_in_no_record(whole: Whole) -> None:
    text = "".join(path.read_text() for path in whole.run.folder.glob("*.json*"))
    assert str(whole.run.folder.parent) not in text
    assert json.dumps(str(whole.run.folder.parent).replace("/", "\\"))[1:-1] not in text


@pytest.mark.parametrize("wrong", [("--strategy", "nobody"), ("--profile", "nothing")])
def test_a_wrong_name_is_answered_as_on_linux(tmp_path: Path, wrong: tuple[str, str]) -> None:
    answers = []
    for platform in ("wine", "emulated"):
        done = harness(
            *("run", "script-install", "--platform", platform, "--blocks", 1, *wrong), cwd=tmp_path
        )
        answers.append((done.returncode, done.stderr, done.stdout))
    assert answers[0] == answers[1]
    code, said, _ = answers[0]
    assert code == 2
    assert wrong[1] in said
    assert not (tmp_path / "results").exists()


def test_an_interrupted_run_is_completed_with_no_trial_twice(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    path = make_scenario(strategies='["plain", "exponential"]', blocks="120", profiles='["none"]')
    with subprocess.Popen(
        command("run", path, "--platform", "wine"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        folder = wait_for_lines(tmp_path / "results", 5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"Nothing is lost: harness run --resume results/{folder.name}" in said
    assert "Traceback" not in said
    before = read_run(folder).trials
    assert 5 <= len(before) < 240
    done = harness("run", "--resume", folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"({len(before)} were done before)" in done.stdout
    run = read_run(folder)
    assert run.trials[: len(before)] == before
    assert len({trial.trial_id for trial in run.trials}) == len(run.trials) == 240
    assert {trial.outcome for trial in run.trials} == {"ok"}


def wait_for_lines(results: Path, lines: int) -> Path:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        for journal in results.glob("*/journal.jsonl"):
            if journal.read_bytes().count(b"\n") >= lines:
                return journal.parent
        time.sleep(0.005)
    raise TimeoutError(f"no run with {lines} lines in {results}")


@pytest.mark.usefixtures("stock")
def test_stock_rules_leave_out_what_wine_does_otherwise(tmp_path: Path) -> None:
    done = harness(
        *("run", "numpy-wheel:generated", "script-install", "--platform", "wine"),
        *("--blocks", 1, "--strategy", "plain"),
        cwd=tmp_path,
        rules="stock",
    )
    assert done.returncode == 0, done.stderr
    assert (
        "Left out: numpy-wheel:generated/dll-scan: stock Wine renames a directory while a file in it is "
        "open" in done.stdout
    )
    run = only_run(tmp_path / "results")
    assert run.manifest.platform_facts["rules"] == "stock"
    assert {(trial.scenario, trial.profile) for trial in run.trials} == {("script-install", "brief")}


@pytest.mark.parametrize("rules", ["ntfs", "stock"])
def test_a_run_is_completed_under_the_rules_it_began_with(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: str
) -> None:
    manifest = whole.run.manifest
    facts = {**manifest.platform_facts, "rules": rules}
    manifest.model_copy(update={"platform_facts": facts}).write(tmp_path)
    monkeypatch.setenv("HARNESS_WINE_RULES", "ntfs" if rules == "stock" else "stock")

    def lane_of(asked: str, *, announce: object) -> Lane:
        del announce
        raise NotSupportedError(f"asked for {asked}")

    monkeypatch.setattr(relay, "prepare_lane", lane_of)
    with pytest.raises(NotSupportedError, match=f"asked for {rules}"):
        relay.resume(tmp_path, allow_code=False, on_event=ignore)


def test_rules_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    done = harness("run", "script-install", "--platform", "wine", cwd=tmp_path, rules="samba")
    assert (done.returncode, done.stdout.strip()) == (2, "")
    assert "no rules are called 'samba'" in done.stderr


def test_a_scenario_that_wine_cannot_run_at_all_is_refused_with_a_sentence(tmp_path: Path) -> None:
    done = harness("run", "record-rewrite:generated", "--platform", "wine", cwd=tmp_path)
    assert done.returncode == 4
    assert (
        "record-rewrite:generated/range-lock: byte-range locks do not stop reads and writes"
        in done.stderr
    )
    assert not (tmp_path / "results").exists()


def test_a_scenario_and_its_profile_are_found_in_a_folder_with_spaces_and_umlauts(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    folder = tmp_path / "Größere Tests (zwei) 試験"
    make_profile("mine", 30)
    scenario = make_scenario(profiles='["mine"]', strategies='["plain", "exponential"]')
    folder.mkdir()
    (tmp_path / "profiles").rename(folder / "profiles")
    scenario = scenario.rename(folder / "Mein Fall.toml")
    results = folder / "meine Läufe"
    done = harness(
        *("run", scenario, "--platform", "wine", "--blocks", 1, "--results", results), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    run = only_run(results)
    assert [entry.name for entry in run.manifest.scenarios] == ["Mein Fall"]
    assert run.manifest.scenarios[0].profiles["mine"].title == "A profile made by a test"
    outcomes = {trial.strategy: trial.outcome for trial in run.trials}
    assert outcomes == {"plain": "not-retried", "exponential": "ok"}


def test_a_time_limit_and_a_factor_of_windows_reach_the_other_side(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    path = make_scenario()
    done = harness(
        *("run", path, "--platform", "wine", "--max-time", "0.5s", "--seed", 3),
        *("--factor", "path_style=plain,verbatim", "--factor", "location=%TEMP%"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path / "results")
    assert (run.manifest.max_time_s, run.manifest.seed) == (0.5, 3)
    factors = {tuple(trial.factors.values()) for trial in run.trials}
    assert factors == {("plain", "%TEMP%"), ("verbatim", "%TEMP%")}
    assert {trial.outcome for trial in run.trials} == {"ok"}


def test_foreign_code_is_asked_for_before_wine_is_started(
    make_scenario: MakeScenario, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    marker = tmp_path / "it-ran"
    (tmp_path / "mine.py").write_text(f"open({str(marker)!r}, 'w')")
    path = make_scenario(strategies='[{ use = "mine", file = "mine.py" }]', name="foreign")
    monkeypatch.setenv("PATH", str(tmp_path))  # where there is no Wine
    assert harness("run", make_scenario(), "--platform", "wine", cwd=tmp_path).returncode == 4
    done = harness("run", path, "--platform", "wine", cwd=tmp_path)
    assert done.returncode == 6
    assert "mine.py" in done.stderr
    assert not marker.exists()
