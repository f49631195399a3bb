"""The shipped scenarios as rows for programs and a table for people."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from command_lab import harness
from pydantic import TypeAdapter
from rich.console import Console

from harness.cli.list import ScenarioList, scenario_table, shipped_scenarios
from harness.scenario.load import load_scenario, shipped_names


def test_every_scenario_is_there_with_what_it_needs() -> None:
    found = shipped_scenarios()
    assert [row.name for row in found.scenarios] == shipped_names()
    (row,) = [row for row in found.scenarios if row.name == "numpy-wheel"]
    loaded = load_scenario("numpy-wheel")
    assert (row.blocks, row.profiles) == (loaded.scenario.blocks, list(loaded.profiles))
    assert all(name.endswith((".whl", ".tar.gz")) for name in row.archives)
    assert row.archives


def test_its_json_is_plain_data_and_its_documentation_can_be_generated() -> None:
    data = asdict(shipped_scenarios())
    assert json.loads(json.dumps(data)) == data
    assert next(iter(data.items())) == ("schema", 1)
    assert "scenarios" in TypeAdapter(ScenarioList).json_schema()["properties"]


def test_the_table_names_every_scenario_and_its_profiles() -> None:
    found = shipped_scenarios()
    console = Console(width=1000)
    with console.capture() as shown:
        console.print(scenario_table(found))
    text = shown.get()
    assert all(row.name in text and ", ".join(row.profiles) in text for row in found.scenarios)


@pytest.mark.parametrize("width", [80, 120])
def test_what_it_prints_fits_and_says_what_the_star_is(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = harness("list", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert set(shipped_names()) <= {line.split(" ")[0] for line in lines if line}
    assert lines[-1].startswith("* runs by default.")
