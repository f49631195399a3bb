"""The interface for other people's code: small, light to import, and what the README shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import harness

if TYPE_CHECKING:
    from conftest import MakeScenario


def modules_after(code: str, cwd: Path) -> set[str]:
    """Run `code` in a fresh interpreter; return the modules it has loaded."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=cwd)
    return set(done.stdout.splitlines()[-1].split())


def test_using_a_strategy_loads_tenacity_and_little_else(tmp_path: Path) -> None:
    loaded = modules_after("import harness; harness.get_strategy('graceful-fs')", tmp_path)
    assert "tenacity" in loaded
    assert not loaded & {"pydantic", "typer", "rich", "requests", "pypi_simple", "distlib"}


def test_a_run_loads_no_numeric_library(tmp_path: Path, make_scenario: MakeScenario) -> None:
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["brief"]')
    run = f"run_scenarios([harness.load_scenario({str(path)!r})], blocks=2, platform='emulated')"
    code = f"import harness; harness.{run}"
    loaded = modules_after(code, tmp_path)
    assert "harness.run.trial" in loaded
    assert not loaded & {"numpy", "pandas", "scipy", "matplotlib", "pyarrow"}


def test_a_strategy_persists_a_call_of_another_tool(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("content")
    harness.get_strategy("exponential", initial_ms=5).persist(os.replace, source, target)
    assert target.read_text() == "content"


def test_a_scenario_is_loaded_run_and_read(tmp_path: Path, make_scenario: MakeScenario) -> None:
    scenario = harness.load_scenario(make_scenario())
    run = harness.run_scenarios(
        [scenario], blocks=2, platform="emulated", results=tmp_path / "results", seed=1
    )
    assert [trial.outcome for trial in run.trials] == ["ok", "ok"]
    assert harness.read_run(run.folder).trials == run.trials


def test_every_name_of_the_interface_exists() -> None:
    for name in harness.__all__:
        assert getattr(harness, name)
    with pytest.raises(AttributeError):
        harness.no_such_name  # noqa: B018
