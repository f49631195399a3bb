"""Whole runs on the machine itself: what the runner makes of real handles and real time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.api import run_scenarios
from harness.errors import InvalidInputError, NotSupportedError
from harness.platform.registry import native_platform
from harness.platform.windows.windows_rules import find_rules
from harness.predict.replay import replay
from harness.run.candidates import resolve
from harness.run.plan import cases_of
from harness.scenario.load import load_scenario
from harness.winerror import ACCESS_DENIED, PRIVILEGE_NOT_HELD, SHARING_VIOLATION

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario

    from harness.record.read import Run
    from harness.record.trial_record import TrialRecord

DIRECTORIES = pytest.mark.skipif(
    native_platform() == "wine" and find_rules() == "stock",
    reason="stock Wine renames a directory while a file in it is open",
)
TREE = """
[[payload]]
kind = "tree"
name = "{name}"
shape = {{ folders = 3, other = {{ files = 5, sizes = [1, 1, 9, 9, 99, 99, 999, 999] }}, pe = {{ files = 2, sizes = [2048, 2048, 2048, 2048, 4096, 4096, 4096, 9999] }} }}
"""  # noqa: E501 - TOML has no line breaks within a table
RENAME = """
[[operations]]
kind = "rename"
to = "store/{name}"
"""


def run(scenario: str | Path, folder: Path, *profiles: str, **options: Any) -> Run:
    return run_scenarios(
        [load_scenario(scenario)], blocks=1, profiles=profiles, results=folder / "results", **options
    )


def trial_of(found: Run, strategy: str) -> TrialRecord:
    (trial,) = [trial for trial in found.trials if trial.strategy == strategy]
    return trial


def test_a_held_launcher_stops_who_does_not_retry_and_no_one_else(tmp_path: Path) -> None:
    found = run("script-install", tmp_path, "brief")
    plain, patient = trial_of(found, "plain"), trial_of(found, "exponential")
    assert (plain.outcome, plain.operations[0].dest_state) == ("not-retried", "missing")
    assert [code for _, _, code in plain.operations[0].attempts] == [SHARING_VIOLATION]
    assert plain.operations[0].ntstatus == ["0xC0000043"]
    assert (patient.outcome, patient.operations[0].dest_state) == ("ok", "new")
    assert patient.operations[0].by == "MoveFileExW"


def test_every_trial_follows_from_its_strategy_and_its_receipts(tmp_path: Path) -> None:
    found = run("script-install", tmp_path, "brief")
    (entry,) = found.manifest.scenarios
    loaded = entry.loaded()
    strategies = {made.label: made.strategy for made in resolve(loaded, allow_code=False)}
    (case,) = cases_of(loaded, strategies, found.manifest.seed)
    planned = {trial.place: trial for trial in case.block(0)}
    for trial in found.trials:
        (operation,) = trial.operations
        (hold,) = operation.holds
        assert hold.opened_us is not None
        rng = planned[trial.place].strategy_rng(f"first/{operation.op_id}/0")
        replayed = replay(operation, strategies[trial.strategy], rng)
        assert replayed.differs is None, trial.trial_id
        assert all(late >= 0 for late in replayed.late_us), "nobody wakes up too early"


@DIRECTORIES
def test_a_directory_waits_for_the_one_file_in_it_that_is_open(
    tmp_path: Path, make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("scan", 60, object="largest-pe", share="rwd")
    path = make_scenario(
        TREE.format(name="one") + RENAME,
        profiles='["scan"]',
        strategies='["plain", { use = "fixed-sleep", wait_ms = 10, max_attempts = 99, label = "ours" }]',
    )
    found = run(path, tmp_path)
    plain, ours = trial_of(found, "plain"), trial_of(found, "ours")
    assert (plain.outcome, plain.operations[0].dest_state) == ("not-retried", "missing")
    assert (ours.outcome, ours.operations[0].dest_state) == ("ok", "new")
    assert {code for _, _, code in ours.operations[0].attempts} == {ACCESS_DENIED, 0}
    assert plain.leftovers.files == 7


@DIRECTORIES
def test_several_trees_are_installed_at_the_same_time(
    tmp_path: Path, make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    """Each is held for 80 ms and waits on its own: together they take less than one after another."""
    make_profile("scan", 80, object="largest-pe", share="rwd")
    trees = "".join(TREE.format(name=f"tree-{number}") for number in range(4))
    path = make_scenario(
        trees + RENAME,
        profiles='["scan"]',
        strategies='[{ use = "fixed-sleep", wait_ms = 5, max_attempts = 1000 }]',
        concurrency="4",
    )
    (trial,) = run(path, tmp_path).trials
    assert trial.outcome == "ok"
    spans = sorted((operation.ready_us, operation.ended_us) for operation in trial.operations)
    assert len(spans) == 4
    assert spans[-1][0] < min(end for _, end in spans), "all had begun before the first ended"
    held = [hold for operation in trial.operations for hold in operation.holds]
    assert all(hold.released_us is not None for hold in held)


def test_a_resource_is_added_to_a_launcher_that_nobody_holds(tmp_path: Path) -> None:
    for trial in run("launcher-resource", tmp_path, "none").trials:
        (operation,) = trial.operations
        assert (trial.outcome, operation.dest_state) == ("ok", "new")


LAUNCHER = """
[[payload]]
kind = "launcher"
name = "tool"
entry_point = "tool = tool:main"
"""
START = LAUNCHER + '[[operations]]\nkind = "start"\nto = "bin/{file}"\n'
FILE = '[[payload]]\nkind = "files"\nname = "log"\nsizes = [5000]\n'
WRITE = (
    FILE
    + """
[[operations]]
kind = "write"
to = "logs/{file}"
mode = "truncate-last"
existing = true
"""
)
CUT = (
    '["plain", { use = "fixed-sleep", wait_ms = 10, max_attempts = 99, codes = [1224], label = "ours" }]'
)
RETRY = '["plain", { use = "fixed-sleep", wait_ms = 10, max_attempts = 99, label = "ours" }]'


def test_a_launcher_waits_for_a_scanner_and_starts(
    tmp_path: Path, make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("scan", 60, object="source", share="none")
    found = run(make_scenario(START, profiles='["scan"]', strategies=RETRY), tmp_path)
    assert [code for _, _, code in trial_of(found, "plain").operations[0].attempts] == [32]
    assert trial_of(found, "ours").outcome == "ok"


def test_a_library_is_not_started(tmp_path: Path, make_scenario: MakeScenario) -> None:
    body = TREE.format(name="one") + '[[operations]]\nkind = "start"\nto = "bin"\nfile = "*"\n'
    with pytest.raises(InvalidInputError, match="is a library"):
        run(make_scenario(body), tmp_path)


def test_a_mapped_file_is_written_over_and_keeps_its_end(
    tmp_path: Path, make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("view", 60, object="target", share="rwd", more=', section = "data"')
    found = run(make_scenario(WRITE, profiles='["view"]', strategies=CUT), tmp_path)
    plain, ours = trial_of(found, "plain"), trial_of(found, "ours")
    assert (plain.outcome, plain.operations[0].dest_state) == ("damaged", "mixed")
    assert [code for _, _, code in plain.operations[0].attempts] == [1224]
    assert (ours.outcome, ours.operations[0].dest_state) == ("ok", "new")
    ignored = make_scenario(
        f"{WRITE}ignore_failed_cut = true\n", profiles='["view"]', strategies=CUT, name="ignored"
    )
    assert {trial.outcome for trial in run(ignored, tmp_path).trials} == {"damaged"}


def test_what_is_read_only_is_removed_once_that_is_cleared(
    tmp_path: Path, make_scenario: MakeScenario
) -> None:
    body = TREE.format(name="one") + 'read_only = "files"\n'
    body += '[[operations]]\nkind = "remove"\nat = "lib"\n'
    path = make_scenario(body, strategies='["plain", "plain else clear read-only"]')
    found = run(path, tmp_path)
    assert {code for _, _, code in trial_of(found, "plain").operations[0].attempts} == {ACCESS_DENIED}
    assert trial_of(found, "plain else clear read-only").outcome == "ok"


@pytest.mark.parametrize("mode", ["create-new", "truncate-first", "truncate-last", "append"])
def test_a_file_is_written_in_every_mode(tmp_path: Path, make_scenario: MakeScenario, mode: str) -> None:
    body = WRITE.replace("truncate-last", mode)
    new = make_scenario(body.replace("existing = true", "existing = false"), name="new")
    assert [trial.outcome for trial in run(new, tmp_path).trials] == ["ok"]
    (trial,) = run(make_scenario(body, name="old"), tmp_path).trials
    assert trial.operations[0].dest_state == ("old" if mode == "create-new" else "new")


def test_a_folder_is_made_and_a_file_opened(tmp_path: Path, make_scenario: MakeScenario) -> None:
    body = FILE + '[[operations]]\nkind = "make-directory"\nto = "store/{name}"\n'
    body += '[[operations]]\nkind = "open"\nto = "logs/{file}"\naccess = "write"\nshare = "none"\n'
    (trial,) = run(make_scenario(body), tmp_path).trials
    assert [operation.dest_state for operation in trial.operations] == ["new", "new"]


@pytest.mark.skipif(native_platform() == "wine", reason="Wine has neither")
@pytest.mark.parametrize("kind", ["symlink", "junction"])
def test_a_link_leads_to_the_tree(tmp_path: Path, make_scenario: MakeScenario, kind: str) -> None:
    body = TREE.format(name="one") + f'[[operations]]\nkind = "{kind}"\nto = "current"\n'
    (trial,) = run(make_scenario(body), tmp_path).trials
    codes = {code for _, _, code in trial.operations[0].attempts}
    assert trial.outcome == "ok" or (kind == "symlink" and codes == {PRIVILEGE_NOT_HELD})


@pytest.mark.skipif(native_platform() != "wine", reason="of Wine")
@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ('[[operations]]\nkind = "symlink"\nto = "current"\n', "makes no symbolic links"),
        ('[[operations]]\nkind = "junction"\nto = "current"\n', "has no junctions"),
        (
            'read_only = "folders"\n[[operations]]\nkind = "remove"\nat = "lib"\n',
            "attribute of a folder",
        ),
    ],
)
def test_wine_refuses_links_and_read_only_folders(
    tmp_path: Path, make_scenario: MakeScenario, keys: str, reason: str
) -> None:
    with pytest.raises(NotSupportedError, match=reason):
        run(make_scenario(TREE.format(name="one") + keys), tmp_path)


def test_paths_are_spelled_both_ways_and_both_work(tmp_path: Path) -> None:
    found = run(
        "script-install",
        tmp_path,
        "none",
        strategies=("plain",),
        factors={"path_style": ["plain", "verbatim"], "location": ["%TEMP%", "~"]},
    )
    assert [trial.outcome for trial in found.trials] == ["ok"] * 4
    assert {tuple(trial.factors.values()) for trial in found.trials} == {
        (style, place) for style in ("plain", "verbatim") for place in ("%TEMP%", "~")
    }


def test_the_manifest_says_what_was_measured_on(tmp_path: Path) -> None:
    found = run("script-install", tmp_path, "none", strategies=("plain",))
    assert found.manifest.platform == native_platform()
    assert found.manifest.staging == "written anew"
    facts = found.manifest.platform_facts
    assert facts["clock"] == "QueryPerformanceCounter"
    assert all(over["median"] >= 0 for over in facts["sleep_overshoot_us"].values())


@pytest.mark.skipif(native_platform() != "wine", reason="of Wine")
def test_wine_refuses_what_it_cannot_measure(tmp_path: Path) -> None:
    for scenario, reason in {
        "record-rewrite": "byte-range locks",
        "attempt-density": "no antivirus watches",
        "reinstall-remove": "keeps the name of a file",
        "launcher-resource": "Windows with 110",
    }.items():
        with pytest.raises(NotSupportedError, match=reason):
            run(f"{scenario}:generated", tmp_path)
