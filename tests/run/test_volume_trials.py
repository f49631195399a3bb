"""Trials on other volumes: classic deletes, no hard links, a temporary place on another drive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.record.read import Run
from harness.run.rules import rules_of
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 2, other = { files = 5, sizes = [10, 10, 10, 10, 10, 10, 10, 10] } }
"""
FILE = '[[payload]]\nkind = "files"\nname = "entry"\nsizes = [1000]\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "site"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site"\n'
RENAME = '[[operations]]\nkind = "rename"\nto = "cache/{name}"\n'
REPLACE = '[[operations]]\nkind = "write-replace"\nto = "bin/{file}"\nexisting = true\n'
CLASSIC = '[volume]\ndeletes = "classic"\n'


def codes(trial: TrialRecord) -> list[int]:
    """The Win32 codes of all recorded attempts of a trial."""
    return [code for operation in trial.operations for *_, code in operation.attempts]


def by_strategy(run: Run) -> dict[str, TrialRecord]:
    """The trials of one block by strategy."""
    return {trial.strategy: trial for trial in run.trials}


def test_a_folder_is_not_empty_while_a_deleted_child_is_open(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 400, object="child", share="rwd")
    strategies = '["plain", "15ms 200 retries on 5", "15ms 200 retries on 145"]'
    path = make_scenario(TREE + REMOVE + CLASSIC, strategies=strategies, profiles='["hold"]')
    found = by_strategy(run_scenario(path, blocks=1))
    assert [trial.outcome for trial in found.values()].count("not-retried") == 2
    assert codes(found["plain"]) == [145]
    assert codes(found["15ms 200 retries on 5"]) == [145]
    patient = found["15ms 200 retries on 145"]
    assert patient.outcome == "ok"
    assert set(codes(patient)) == {145, 0}
    assert 390 < patient.elapsed_ms < 450


def test_a_name_whose_delete_is_pending_cannot_be_created(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 400, object="target", share="rwd")
    strategies = '["plain deleting target first", "10ms for 1s on 5 deleting target first"]'
    path = make_scenario(FILE + REPLACE + CLASSIC, strategies=strategies, profiles='["hold"]')
    found = by_strategy(run_scenario(path, blocks=1))
    plain = found["plain deleting target first"]
    assert (plain.outcome, codes(plain)) == ("not-retried", [5])
    assert found["10ms for 1s on 5 deleting target first"].outcome == "ok"


def test_without_a_volume_deletes_are_those_of_ntfs(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", 400, object="child", share="rwd")
    path = make_scenario(TREE + REMOVE, profiles='["hold"]')
    (trial,) = run_scenario(path, blocks=1).trials
    assert trial.outcome == "ok"


@pytest.mark.parametrize("primitive", ["move", "move-replace", "posix-rename", "rust-rename"])
def test_between_volumes_a_rename_gives_17_and_a_copy_arrives(
    make_scenario: MakeScenario, run_scenario: RunScenario, primitive: str
) -> None:
    body = FILE + RENAME + f'primitive = "{primitive}"\n[volume]\nstaging = "other"\n'
    path = make_scenario(body, strategies='["plain", "1s for 3s on any", "plain else copy"]')
    found = by_strategy(run_scenario(path, blocks=1))
    assert codes(found["plain"]) == [17]
    assert set(codes(found["1s for 3s on any"])) == {17}
    assert found["plain else copy"].outcome == "ok"


def test_between_volumes_hard_links_give_17(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    body = TREE + PLACE + '[factors]\nlink_mode = ["hardlink", "copy"]\n[volume]\nstaging = "other"\n'
    run = run_scenario(make_scenario(body), blocks=1)
    found = {trial.factors["link_mode"]: trial for trial in run.trials}
    assert codes(found["hardlink"]) == [17]
    assert found["copy"].outcome == "ok"


@pytest.mark.parametrize(("file_system", "code"), [("refs", 50), ("exfat", 1)])
def test_a_file_system_without_hard_links_says_so_in_its_own_way(
    make_scenario: MakeScenario, run_scenario: RunScenario, file_system: str, code: int
) -> None:
    body = TREE + PLACE + f'[volume]\nfile_system = "{file_system}"\n'
    (trial,) = run_scenario(make_scenario(body), blocks=1).trials
    assert codes(trial) == [code]


def test_rust_falls_back_to_what_refs_has_not_and_reports_the_first_error(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("hold", None, object="target", share="rwd")
    body = FILE + REPLACE + 'primitive = "rust-rename"\n'
    on_refs = make_scenario(body + '[volume]\nfile_system = "refs"\n', profiles='["hold"]', name="refs")
    (trial,) = run_scenario(on_refs, blocks=1).trials
    assert codes(trial) == [5]
    (trial,) = run_scenario(make_scenario(body, profiles='["hold"]'), blocks=1).trials
    assert trial.outcome == "ok"


def test_the_rules_that_a_volume_rests_on_are_told_with_their_status(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(FILE + RENAME + '[volume]\nfile_system = "refs"\n')
    told = [str(rule) for rule in rules_of(load_scenario(path))]
    assert "ReFS deletes classically (unverified)" in told
    (entry,) = run_scenario(path, blocks=1).manifest.scenarios
    assert [f"Rests on a rule: {rule}." for rule in told] == entry.remarks


def test_a_scenario_without_a_volume_has_the_draws_that_it_had(make_scenario: MakeScenario) -> None:
    plain = load_scenario(make_scenario(FILE + RENAME))
    assert "volume" not in plain.scenario.model_dump()
    other: Path = make_scenario(FILE + RENAME + '[volume]\nstaging = "other"\n')
    assert load_scenario(other).draw_key != plain.draw_key
