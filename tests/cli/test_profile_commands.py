"""``harness profile``: what it shows and writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import harness
from harness.cli.profile import app
from harness.errors import InvalidInputError
from harness.scenario.load import load_profile_file, shipped_profiles


def _shown(*arguments: str, columns: str = "80") -> str:
    found = CliRunner().invoke(app, list(arguments), env={"COLUMNS": columns}, catch_exceptions=False)
    assert found.exit_code == 0
    return found.output


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_every_shipped_profile_is_shown_within_80_columns(name: str) -> None:
    text = _shown("show", name)
    assert text.startswith(f"{name}: ")
    assert max(map(len, text.splitlines())) <= 80


def test_the_lengths_are_drawn() -> None:
    lines = [line for line in _shown("show", "cloud-verdict").splitlines() if "#" in line]
    assert "10 s          10.0 %  ####" in "\n".join(lines)


def test_a_fitted_profile_is_written_once_and_can_be_used(tmp_path: Path) -> None:
    scenario = harness.load_scenario("script-install")
    run = harness.run_scenarios(
        [scenario], blocks=8, platform="emulated", profiles=["brief"], results=tmp_path, seed=4
    )
    to = tmp_path / "mine.toml"
    text = _shown("fit", str(run.folder), "-o", str(to), "--injected")
    assert text.startswith("mine: Holds injected in script-install under brief")
    assert load_profile_file(str(to)).profile.holds
    with pytest.raises(InvalidInputError, match="exists"):
        CliRunner().invoke(app, ["fit", str(run.folder), "-o", str(to)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "breif"], "no profile is called"),
        (["show", "none-such.toml"], "there is no such file"),
        (["fit", "run", "-o", "mine.json"], "a profile is a .toml file"),
        (["fit", "no-such-run", "-o", "mine.toml"], "no-such-run"),
    ],
)
def test_mistakes_are_said_in_a_sentence(arguments: list[str], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
