"""The manifest: enough to repeat a run, and nothing about who ran it."""

from __future__ import annotations

import getpass
import json
import platform
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.api import run_scenarios
from harness.errors import InvalidInputError
from harness.record import manifest as manifest_module
from harness.record.manifest import read_manifest
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


def test_it_holds_texts_hashes_strategies_versions_and_what_is_proved(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    choice = '["plain", { use = "exponential", initial_ms = 5, max_attempts = 3, label = "mine" }]'
    path = make_scenario(strategies=choice, profiles='["brief"]')
    manifest = run_scenario(path, blocks=2, seed=7).manifest
    (scenario,) = manifest.scenarios
    assert (manifest.seed, scenario.blocks, manifest.platform) == (7, 2, "emulated")
    assert scenario.text == path.read_bytes().decode()
    assert scenario.draw_key == load_scenario(path).draw_key
    mine = scenario.strategies[1]
    assert (mine.label, mine.parameters, mine.attempts_ms) == (
        "mine",
        {"initial_ms": 5, "max_attempts": 3},
        [0, 5, 15],
    )
    assert manifest.antivirus.state == "unknown"
    assert {"tenacity", "pydantic"} <= set(manifest.packages)
    assert scenario.items[0].pe_files == 1


def test_it_survives_a_round_trip_to_the_same_scenario(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    path = make_scenario(
        strategies='[{ use = "exponential", codes = [5] }]', profiles='["cloud-verdict"]'
    )
    loaded = load_scenario(path)
    again = run_scenario(path, blocks=1).manifest.scenarios[0].loaded()
    assert again.scenario == loaded.scenario
    assert again.profiles == loaded.profiles
    assert again.draw_key == loaded.draw_key


def test_a_run_names_no_user_host_or_home(
    make_scenario: MakeScenario, run_scenario: RunScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "planted-user")  # which `getpass` asks first
    monkeypatch.setenv("USERNAME", "planted-user")
    folder = run_scenario(make_scenario(strategies='["plain", "exponential"]'), blocks=2).folder
    text = "".join(file.read_text() for file in folder.glob("*.json*"))
    for secret in (socket.gethostname(), platform.node(), str(Path.home()), "planted-user", str(folder)):
        assert secret not in text
    assert getpass.getuser() == "planted-user"


def test_what_is_no_run_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no folder nosuch"):
        read_manifest(Path("nosuch"))
    with pytest.raises(InvalidInputError, match=r"has no manifest\.json, so it is not a run"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InvalidInputError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_an_unknown_key_in_a_manifest_is_refused(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    folder = run_scenario(make_scenario(), blocks=1).folder
    data = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**data, "bogus": 1}))
    with pytest.raises(InvalidInputError, match="bogus"):
        read_manifest(folder)


def test_a_scenario_that_is_there_twice_is_refused(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    folder = run_scenario(make_scenario(), blocks=1).folder
    data = json.loads((folder / "manifest.json").read_text())
    twice = {**data, "scenarios": data["scenarios"] * 2}
    (folder / "manifest.json").write_text(json.dumps(twice))
    with pytest.raises(InvalidInputError, match="must have each scenario once"):
        read_manifest(folder)


def test_one_that_no_reader_takes_is_not_written(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, results = load_scenario(make_scenario()), tmp_path / "results"
    run_scenarios([scenario], blocks=1, seed=1, platform="emulated", results=results)
    (run,) = results.iterdir()
    monkeypatch.setattr(manifest_module, "MAX_BYTES", (run / "manifest.json").stat().st_size - 100)
    with pytest.raises(InvalidInputError, match=r"the manifest .* would have .* and no reader takes"):
        run_scenarios([scenario], blocks=1, seed=1, platform="emulated", results=results)
    assert list(results.iterdir()) == [run]
