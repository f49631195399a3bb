"""What the README shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness
from harness.scenario.load import load_scenario
from harness.strategy.lookup import in_source
from harness.strategy.notation import parse

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def python_with(words: str) -> str:
    (code,) = (block for block in blocks("python") if words in block)
    return code


def test_its_scenario_and_its_profile_are_valid(tmp_path: Path) -> None:
    scenario, profile = blocks("toml")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.toml").write_text(profile)
    (tmp_path / "profiles" / "durations.txt").write_text("3.5\n12\n")
    (tmp_path / "mine.toml").write_text(scenario.replace('"minute-hold"]', '"ours"]'))
    assert load_scenario(tmp_path / "mine.toml").profiles["ours"].title.startswith("Our scanner")


def test_its_strategy_works() -> None:
    strategy = (
        in_source(python_with("@strategy"), "mine.py")["mine"]
        .with_parameters({"first_ms": 2.0})
        .strategy
    )
    assert harness.schedule(strategy).attempts_ms[:4] == (0, 2, 6, 14)
    assert harness.schedule(strategy).budget_ms >= 30_000


def test_its_python_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.tmp").write_text("content")
    code = python_with("run_scenarios")
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own README
    assert (tmp_path / "file").read_text() == "content"
    run = harness.read_run(next((tmp_path / "results").iterdir()))
    (entry,) = run.manifest.scenarios  # a real machine leaves long holds out
    assert len(run.trials) == 20 * len(entry.profiles) * 7


def test_its_analysis_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(compile(python_with("harness.analysis"), "README.md", "exec"), names)  # noqa: S102
    assert names["case"].trials["profile"].unique().tolist() == ["brief"]


def test_its_sentence_is_one() -> None:
    (sentence,) = re.findall(r'^    harness predict "(.+)"$', README, re.MULTILINE)
    assert str(parse(sentence)) == sentence


def test_its_commands_are_sessions_of_nox() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    for session in re.findall(r"nox -s (\w+)", README):
        assert f"\ndef {session}(session" in noxfile
