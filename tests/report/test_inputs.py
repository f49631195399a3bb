"""Redacted copies of runs: no name is left, and what was different or sound still is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from record_lab import lines_of, manifest_of, write_lines, write_manifest

from harness.frames import load
from harness.record.read import read_run
from harness.record.redaction import Redaction
from harness.report.inputs import redacted

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

LABELS = {"plain": "as in /home/alice/x", "exponential": "as in /home/bob/x"}


@pytest.fixture
def named(make_scenario: MakeScenario, run_scenario: RunScenario) -> Path:
    """A run whose two strategies, and the ids of their trials, differ only in the name of a user."""
    run = run_scenario(make_scenario(strategies='["plain", "exponential"]'), blocks=2).folder
    manifest = manifest_of(run)
    for made in manifest["scenarios"][0]["strategies"]:
        made["label"] = LABELS[made["label"]]
    write_manifest(run, manifest)
    lines = [{**line, "strategy": LABELS[line["strategy"]]} for line in lines_of(run)]
    write_lines(run, [{**line, "trial_id": f"{line['block']}/{line['strategy']}"} for line in lines])
    return run


def test_what_differs_only_in_a_name_stays_different(named: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    (copy,) = redacted([named], Redaction(), tmp_path / "copies")
    text = "".join(path.read_text(encoding="utf-8") for path in copy.iterdir())
    assert "alice" not in text
    assert "bob" not in text
    run = read_run(copy)
    assert (len(run.trials), run.damage.lines, run.manifest.integrity) == (4, 0, "intact")
    labels = {"as in /home/[user]/x", "as in /home/[user]/x (2)"}
    assert {trial.strategy for trial in run.trials} == labels
    assert {made.label for made in run.manifest.scenarios[0].strategies} == labels
    assert len({trial.trial_id for trial in run.trials}) == 4
    assert load(copy).trials["strategy"].nunique() == 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_what_is_damaged_stays_damaged_and_what_is_torn_torn(
    named: Path, tmp_path: Path, end: bytes
) -> None:
    (tmp_path / "copies").mkdir()
    path = named / "journal.jsonl"
    content = path.read_bytes().replace(b'"block":1', b'"block":7', 1).replace(b"\n", end)
    path.write_bytes(content + b'{"torn')
    (copy,) = redacted([named], Redaction(), tmp_path / "copies")
    assert b"alice" not in (copy / "journal.jsonl").read_bytes()
    for run in (read_run(named), read_run(copy)):
        assert (len(run.trials), run.damage.lines, run.torn) == (3, 1, True)
