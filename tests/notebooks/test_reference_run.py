"""The run that notebooks open with: small, emulated, made as its page says, naming nobody."""

from __future__ import annotations

import json
import re
from pathlib import Path

from harness import load_scenario, run_scenarios
from harness.record.read import read_run
from harness.summary.summarise import planned_trials

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
MOST_BYTES = 400_000


def test_it_is_emulated_finished_and_small() -> None:
    run = read_run(REFERENCE)
    assert run.manifest.platform == "emulated"
    assert len(run.trials) == planned_trials(run.manifest)
    assert sum(path.stat().st_size for path in REFERENCE.iterdir()) < MOST_BYTES
    assert "**emulated**" in (REFERENCE / "README.md").read_text(encoding="utf-8")


def test_it_was_made_of_the_scenario_files_beside_it() -> None:
    for entry in read_run(REFERENCE).manifest.scenarios:
        name = entry.name.removesuffix(":generated")
        assert entry.text == (REFERENCE / f"{name}.toml").read_text(encoding="utf-8")


def test_the_same_seed_gives_its_outcomes_and_times_again(tmp_path: Path) -> None:
    reference = read_run(REFERENCE)
    again = run_scenarios(
        [load_scenario(REFERENCE / "script-install.toml")],
        platform="emulated",
        seed=reference.manifest.seed,
        profiles=["brief"],
        blocks=5,
        results=tmp_path,
    )
    expected = {trial.place: (trial.outcome, trial.elapsed_ms) for trial in reference.trials}
    assert len(again.trials) == 30
    assert {trial.place: (trial.outcome, trial.elapsed_ms) for trial in again.trials}.items() <= (
        expected.items()
    )


def test_it_names_no_machine_user_or_host() -> None:
    for name in ("manifest.json", "journal.jsonl"):
        text = (REFERENCE / name).read_text(encoding="utf-8")
        assert not re.search(r"/(?:home|root|tmp|work|Users|private)/|[A-Za-z]:\\\\", text)
    environment = json.loads((REFERENCE / "manifest.json").read_text(encoding="utf-8"))["environment"]
    assert set(environment) == {
        "system",
        "release",
        "machine",
        "python",
        "implementation",
        "byte_order",
    }
