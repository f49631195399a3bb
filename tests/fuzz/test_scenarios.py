"""Damaged scenario and profile files are refused with an error for users, or are valid for certain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from mutation_lab import mutated

from harness.errors import HarnessError
from harness.holds.profile import Profile
from harness.scenario.load import LoadedScenario, load_profile, load_scenario, shipped_folder
from harness.scenario.model import Scenario

SCENARIOS = [path.read_bytes() for path in sorted(shipped_folder().glob("*.toml"))]
PROFILES = [path.read_bytes() for path in sorted((shipped_folder() / "profiles").glob("*.toml"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("scenarios")
    (found / "profiles").mkdir()
    return found


@pytest.fixture(scope="module")
def beside(folder: Path) -> LoadedScenario:
    """A scenario in the folder of the profile."""
    path = folder / "script-install.toml"
    path.write_bytes((shipped_folder() / path.name).read_bytes())
    return load_scenario(path)


@given(content=mutated(SCENARIOS))
def test_scenarios(content: bytes, folder: Path, tried: Callable[[str], None]) -> None:
    path = folder / "mine.toml"
    path.write_bytes(content)
    try:
        scenario = load_scenario(path).scenario
    except HarnessError:
        tried("scenarios refused")
    else:
        tried("scenarios accepted")
        again = Scenario.model_validate_json(scenario.model_dump_json(by_alias=True))
        assert again == scenario


@given(content=mutated(PROFILES))
def test_profiles(
    content: bytes, folder: Path, beside: LoadedScenario, tried: Callable[[str], None]
) -> None:
    (folder / "profiles" / "mine.toml").write_bytes(content)
    try:
        profile = load_profile("mine", beside)
    except HarnessError:
        tried("profiles refused")
    else:
        tried("profiles accepted")
        assert Profile.model_validate_json(profile.model_dump_json(by_alias=True)) == profile
