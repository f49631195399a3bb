"""Migrations: older records become current ones, step by step; what no steps lead on from is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import InvalidInputError
from harness.record.journal import read_journal
from harness.record.manifest import read_manifest
from harness.record.migrate import MANIFESTS, TRIALS, migrated, read_as_they_are, unchanged
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


def test_a_run_of_the_first_schema_is_read(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies='["plain", "exponential"]'), blocks=2)
    for name in ("journal.jsonl", "manifest.json"):
        path = run.folder / name
        text = path.read_text(encoding="utf-8")
        first = '"schema":1' if name == "journal.jsonl" else '"schema": 1'
        now = first.replace("1", str(SCHEMA))
        assert now in text
        path.write_text(text.replace(now, first), encoding="utf-8", newline="\n")
    assert list(read_journal(run.folder / "journal.jsonl")) == run.trials
    assert read_manifest(run.folder) == run.manifest


def test_a_line_whose_schema_is_not_its_first_word_is_read_too(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(), blocks=1)
    path = run.folder / "journal.jsonl"
    data = json.loads(path.read_bytes())
    del data["schema"]
    path.write_text(json.dumps({**data, "schema": 1}) + "\n", encoding="utf-8", newline="\n")
    assert list(read_journal(path)) == run.trials
    path.write_text(
        f'{{"schema":{SCHEMA},' + json.dumps({**data, "schema": 99})[1:] + "\n", newline="\n"
    )
    with pytest.raises(InvalidInputError, match="line 1 is no record: it says twice"):
        list(read_journal(path))


def test_a_way_with_a_gap_is_none() -> None:
    with pytest.raises(InvalidInputError, match="schema 1; this version reads schema 3"):
        migrated({"schema": 1, "old": 4}, "it", {1: renamed}, current=3)
