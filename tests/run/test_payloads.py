"""Payloads that are missing, or do not fit, are reported before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.api import run_scenarios
from harness.errors import InvalidInputError, PayloadUnavailableError
from harness.payload.fetch import index_settings
from harness.scenario.load import load_scenario
from harness.text import quoted

if TYPE_CHECKING:
    from conftest import MakeScenario


def test_offline_the_message_says_what_can_run_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")  # the discard port: refused
    index_settings.cache_clear()
    names = ["script-install", "numpy-wheel"]
    with pytest.raises(PayloadUnavailableError) as caught:
        run_scenarios(
            [load_scenario(name) for name in names],
            strategies=["10ms x2 for 30s"],
            results=tmp_path / "results",
            platform="emulated",
            seed=1,
        )
    index_settings.cache_clear()
    assert "numpy-1.26.4" in caught.value.message
    *_, ready, generated = str(caught.value.hint).splitlines()
    results = quoted(str(tmp_path / "results"))
    options = f"--seed 1 --strategy {quoted('10ms x2 for 30s')} --platform emulated --results {results}"
    assert ready.startswith("These can run now: harness run script-install ")
    assert ready.endswith(f" {options}")
    assert generated.endswith(f"without a network: harness run numpy-wheel:generated {options}")
    assert not (tmp_path / "results").exists()


def test_a_file_to_rewrite_that_the_payload_lacks_is_said_before_anything_runs(
    make_scenario: MakeScenario, tmp_path: Path
) -> None:
    body = """
[[payload]]
kind = "tree"
name = "lib"
shape = { folders = 1, other = { files = 1, sizes = [1, 1, 1, 1, 1, 1, 1, 1] } }
[[operations]]
kind = "rewrite"
at = "site-packages"
file = "RECORD"
"""
    with pytest.raises(InvalidInputError, match="lib has no file 'RECORD'"):
        run_scenarios(
            [load_scenario(make_scenario(body))],
            platform="emulated",
            results=tmp_path / "results",
            seed=1,
        )
    assert not (tmp_path / "results").exists()
