"""Files of schema 1 are read as those of schema 2, and say how schema 2 spells them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidFilesError
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario

BEFORE = '["plain", { policy = "1ms for 3s", label = "us" }, { use = "policy", policy = "1ms for 1s" }]'
NOW = '["plain", { strategy = "1ms for 3s", label = "us" }, { strategy = "1ms for 1s" }]'


def as_schema_1(path: Path) -> Path:
    text = path.read_text(encoding="utf-8")
    text = text.replace("schema = 2", "schema = 1").replace("profiles = ", "interference = ")
    path.write_text(text.replace("freshness = ", "identity = "), encoding="utf-8")
    return path


def test_a_scenario_of_schema_1_means_what_it_meant(make_scenario: MakeScenario) -> None:
    now = load_scenario(make_scenario(strategies=NOW, profiles='["brief"]'))
    before = load_scenario(as_schema_1(make_scenario(strategies=BEFORE, profiles='["brief"]')))
    assert before.scenario == now.scenario
    assert before.profiles == now.profiles
    assert before.draw_key == now.draw_key
    assert now.rewritten == ()


def test_the_lines_of_schema_2_are_told(make_scenario: MakeScenario) -> None:
    told = load_scenario(as_schema_1(make_scenario(strategies=BEFORE))).rewritten
    assert [line.partition(": ")[2] for line in told] == [
        "schema = 2",
        f"strategies = {NOW}",
        'profiles = ["none"]',
    ]
    assert told[0].startswith("made.toml, line 2: ")


def test_what_is_wrong_is_named_as_the_file_spells_it(make_scenario: MakeScenario) -> None:
    path = make_scenario(strategies='[{ policy = "10ms x2 for" }]', profiles='["brif"]')
    with pytest.raises(InvalidFilesError) as refused:
        load_scenario(as_schema_1(path))
    assert {problem.key for problem in refused.value.problems} == {
        "interference",
        "strategies[0].policy",
    }


def test_a_strategy_file_may_have_a_parameter_of_any_name(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("", encoding="utf-8")
    choice = '[{ use = "mine", file = "mine.py", policy = 3 }]'
    before = load_scenario(as_schema_1(make_scenario(strategies=choice)))
    assert before.scenario.strategies[0].parameters == {"policy": 3}


def test_an_ambient_profile_of_schema_1_says_which_bytes_it_brings(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    path = make_scenario(profiles='["mine"]')
    profile = tmp_path / "profiles" / "mine.toml"
    profile.parent.mkdir()
    profile.write_text(
        'schema = 1\ntitle = "Mine"\nambient = { identity = "warm", quiet_ms = 0 }\n', encoding="utf-8"
    )
    ambient = load_scenario(path).profiles["mine"].ambient
    assert ambient is not None
    assert ambient.freshness == "warm"


@pytest.mark.parametrize("schema", ["0", "3", '"2"'])
def test_other_schemas_are_refused(make_scenario: MakeScenario, schema: str) -> None:
    path = make_scenario()
    path.write_text(
        path.read_text(encoding="utf-8").replace("schema = 2", f"schema = {schema}"), "utf-8"
    )
    with pytest.raises(InvalidFilesError, match=r"schema: (found|3 is newer than this version)"):
        load_scenario(path)
