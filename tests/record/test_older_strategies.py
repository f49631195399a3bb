"""Strategies of older manifests stay what they were, and their trials keep their names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from record_lab import lines_of, manifest_of, write_lines, write_manifest

from harness.api import resume
from harness.record.manifest import NAME, read_manifest
from harness.record.older_strategies import resolved, with_units
from harness.record.read import read_run
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("50,100,1s on 5,32", "50s,100s,1s on 5,32"),
        ("50,100ms,1s", "50s,100ms,1s"),
        ("2.5, 3ms then 5ms for 3s on any but 2,5", "2.5ms, 3ms then 5ms for 3s on any but 2,5"),
        ("10ms x2 jitter x0.5..1.5 for 3s on 5,32,33", "10ms x2 jitter x0.5..1.5 for 3s on 5,32,33"),
        ("10ms jitter +0..100ms 3 retries", "10ms jitter +0..100ms 3 retries"),
    ],
)
def test_a_number_took_the_unit_of_the_last_one(before: str, now: str) -> None:
    assert with_units(before) == now
    assert str(parse(now))


def manifest(use: str, **parameters: str) -> dict[str, Any]:
    label = parameters.get("strategy", use)
    made = {"label": label, "use": use, "source": None, "parameters": dict(parameters)}
    choice = {"use": use, "label": None, "file": None, **parameters}
    return {"scenarios": [{"scenario": {"strategies": [choice]}, "strategies": [made]}]}


def changed(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    (entry,) = resolved(data)["scenarios"]
    return entry["scenario"]["strategies"][0], entry["strategies"][0]


@pytest.mark.parametrize(
    ("use", "id_"),
    [("uv", "uv-backon-10"), ("pip", "pip-replace"), ("uv-0.5.20", "uv-backon-9")],
)
def test_the_name_of_a_system_stood_for_its_first_strategy(use: str, id_: str) -> None:
    choice, made = changed(manifest(use))
    assert (choice["use"], choice["label"]) == (id_, use)
    assert (made["use"], made["label"]) == (id_, use)


@pytest.mark.parametrize("use", ["exponential", "uv-backon-10", "write-file-atomic", "of-a-plug-in"])
def test_other_names_stay(use: str) -> None:
    assert changed(manifest(use)) == changed(json.loads(json.dumps(manifest(use))))
    assert changed(manifest(use))[0] == {"use": use, "label": None, "file": None}


def test_a_list_of_waits_stays_what_it_was_under_its_label() -> None:
    choice, made = changed(manifest("notation", strategy="50,100ms,1s"))
    assert choice["strategy"] == made["parameters"]["strategy"] == "50s,100ms,1s"
    assert choice["label"] == "50,100ms,1s"


def test_a_manifest_with_notation_is_left_as_it_is(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(strategies='["50,100,800ms,1s", "uv", "shared-budget"]'), blocks=1)
    data = json.loads((run.folder / NAME).read_text(encoding="utf-8"))
    assert [made["notation"] for made in data["scenarios"][0]["strategies"]] == [
        "50ms,100ms,800ms,1s on 5,32,33",
        "10ms x2 10 retries on any renames only",
        None,
    ]
    assert resolved(json.loads(json.dumps(data))) == data


def test_a_run_that_was_begun_before_is_completed_with_the_strategies_it_had(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    """Its first strategy was called "uv", and took the rename; its second wait lasted 100 s."""
    run = run_scenario(make_scenario(strategies='["uv-backon-10", "50s,100ms,1s"]', name="a"), blocks=2)
    data = manifest_of(run.folder)
    (entry,) = data["scenarios"]
    choices, made = entry["scenario"]["strategies"], entry["strategies"]
    choices[0]["use"] = made[0]["use"] = made[0]["label"] = "uv"
    choices[1]["strategy"] = made[1]["parameters"]["strategy"] = made[1]["label"] = "50,100ms,1s"
    for one in made:
        del one["notation"]
    first = lines_of(run.folder)[0]
    names = {"uv-backon-10": "uv", "50s,100ms,1s": "50,100ms,1s"}
    write_lines(run.folder, [{**first, "strategy": names[first["strategy"]]}])
    write_manifest(run.folder, data)
    resume(run.folder)
    done = read_run(run.folder)
    assert {trial.strategy for trial in done.trials} == {"uv", "50,100ms,1s"}
    assert len(done.trials) == 4
    assert [choice.use for choice in read_manifest(run.folder).scenarios[0].scenario.strategies] == [
        "uv-backon-10",
        "notation",
    ]
