"""Migrations: older records become current ones, step by step; what no steps lead on from is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from record_lab import lines_of, write_lines

from harness.errors import InvalidInputError
from harness.record.check_sum import sealed
from harness.record.draws import Draws
from harness.record.manifest import read_manifest
from harness.record.migrate import MANIFESTS, TRIALS, migrated, read_as_they_are, unchanged
from harness.record.read import read_run
from harness.record.trial_record import SCHEMA

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {"schema": data["schema"], "new": data["old"]}


def doubled(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "new": 2 * data["new"]}


STEPS = {1: renamed, 2: doubled, 3: unchanged}


@pytest.mark.parametrize(
    ("data", "current"),
    [
        ({"schema": 1, "old": 4}, {"schema": 4, "new": 8}),
        ({"schema": 2, "new": 4}, {"schema": 4, "new": 8}),
        ({"schema": 3, "new": 4}, {"schema": 4, "new": 4}),
        ({"schema": 4, "new": 4}, {"schema": 4, "new": 4}),
        ({"new": 4}, {"schema": 4, "new": 4}),
    ],
)
def test_all_steps_from_its_schema_on_are_taken(data: dict[str, Any], current: dict[str, Any]) -> None:
    assert migrated(data, "it", STEPS, current=4) == current


@pytest.mark.parametrize("schema", [5, 0, -1, "1", None, 1.0, True, [1]])
def test_other_schemas_are_refused_with_both_versions(schema: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^it has schema .*; this version reads schema 4$"):
        migrated({"schema": schema}, "it", STEPS, current=4)


def test_a_newer_schema_says_what_to_do() -> None:
    with pytest.raises(InvalidInputError) as caught:
        migrated({"schema": 5}, "it", STEPS, current=4)
    assert "update" in str(caught.value.hint)


def test_what_did_not_change_since_is_read_as_it_is() -> None:
    assert read_as_they_are(STEPS, current=4) == [4, 3]
    assert read_as_they_are({1: renamed}, current=2) == [2]


def test_every_schema_there_was_leads_to_the_current_one() -> None:
    for migrations in (TRIALS, MANIFESTS):
        for schema in range(1, SCHEMA + 1):
            assert migrated({"schema": schema}, "it", migrations)["schema"] == SCHEMA


REFERENCE = Path(__file__).parent / "run_of_schema_2"
"""A run of schema 2, kept as it was written."""


def test_a_run_of_an_older_schema_is_read_with_the_names_of_today() -> None:
    trials = read_run(REFERENCE).trials
    lines = (REFERENCE / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(trials) == len(lines) > 0
    outcomes = set()
    for trial, before in zip(trials, map(json.loads, lines), strict=True):
        assert before["schema"] == 2
        assert trial.freshness == before["identity"]
        outcomes.add((before["outcome"], trial.outcome))
        for operation, old in zip(trial.operations, before["operations"], strict=True):
            assert operation.ready_us == old["closed_us"]
            assert [hold.released_us for hold in operation.holds] == [
                hold["closed_us"] for hold in old["holds"]
            ]
    assert ("refused", "not-retried") in outcomes
    assert {now for old, now in outcomes if old != "refused"} == {
        old for old, _ in outcomes if old != "refused"
    }


def test_a_manifest_of_an_older_schema_draws_what_it_drew() -> None:
    manifest = read_manifest(REFERENCE)
    before = json.loads((REFERENCE / "manifest.json").read_text(encoding="utf-8"))
    for entry, old in zip(manifest.scenarios, before["scenarios"], strict=True):
        assert entry.draw_key == old["situation"] == entry.loaded().draw_key
        assert entry.scenario.profiles == old["scenario"]["interference"]


def test_trials_of_an_older_schema_name_the_draws_of_today(
    tmp_path: Path, run_scenario: RunScenario
) -> None:
    before = read_run(REFERENCE)
    entry = next(entry for entry in before.manifest.scenarios if not entry.generated)
    path = tmp_path / f"{entry.name}.toml"
    path.write_text(entry.text, encoding="utf-8")
    now = run_scenario(path, blocks=2, seed=before.manifest.seed)
    drawn = [
        {
            (trial.profile, trial.block, Draws(run.manifest).of(trial))
            for trial in run.trials
            if trial.scenario == entry.name and trial.block < 2
        }
        for run in (before, now)
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 2 * len(entry.profiles)


def test_a_run_of_the_first_schema_is_read(tmp_path: Path) -> None:
    for name in ("journal.jsonl", "manifest.json"):
        text = (REFERENCE / name).read_text(encoding="utf-8")
        space = " " if name == "manifest.json" else ""
        now, first = (f'"schema":{space}{number}' for number in (2, 1))
        assert now in text
        (tmp_path / name).write_text(text.replace(now, first), encoding="utf-8", newline="\n")
    assert read_run(tmp_path).trials == read_run(REFERENCE).trials
    assert read_manifest(tmp_path) == read_manifest(REFERENCE)


def test_a_line_whose_schema_is_not_its_first_word_is_read_too(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    (data,) = lines_of(run.folder)
    del data["schema"], data["check"]
    write_lines(run.folder, [{**data, "schema": SCHEMA}])
    assert read_run(run.folder).trials == run.trials
    twice = f'{{"schema":{SCHEMA},' + json.dumps({**data, "schema": 99})[1:]
    (run.folder / "journal.jsonl").write_bytes(sealed(twice.encode()) + b"\n")
    assert read_run(run.folder).damage.told == ["line 1: two different schemas"]


def test_a_way_with_a_gap_is_none() -> None:
    with pytest.raises(InvalidInputError, match="schema 1; this version reads schema 3"):
        migrated({"schema": 1, "old": 4}, "it", {1: renamed}, current=3)
