"""A run that cannot fit on the disk is refused before it lays anything down, with both figures."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.api import resume, run_scenarios
from harness.errors import StorageFullError
from harness.scenario.load import LoadedScenario, load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


def tree(files: int, size: int) -> str:
    shape = f"{{ folders = 1, other = {{ files = {files}, sizes = {[size] * 8} }} }}"
    payload = f'[[payload]]\nkind = "tree"\nname = "t"\nshape = {shape}\n'
    return payload + '[[operations]]\nkind = "rename"\nto = "{name}"\n'


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is empty."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def run(loaded: LoadedScenario, results: Path, **options: Any) -> Path:
    return run_scenarios([loaded], platform="emulated", results=results, **options).folder


def test_a_tree_of_200_tb_is_refused_before_anything_is_laid_down(
    make_scenario: MakeScenario, work: Path, tmp_path: Path
) -> None:
    loaded = load_scenario(make_scenario(tree(100_000, 2_000_000_000)))
    with pytest.raises(StorageFullError) as refused:
        run(loaded, tmp_path / "results")
    assert refused.value.message.startswith("the run needs at least 200,000 GB, and ")
    assert f"200,000 GB for payloads in {work}" in refused.value.message
    assert not (tmp_path / "results").exists()
    assert not list(work.iterdir())


def test_payloads_and_journal_share_a_disk(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,000 trials have half a megabyte of journal, beside a megabyte of payload."""
    loaded = load_scenario(make_scenario(tree(10, 100_000), blocks="1000"))
    for free, fits in ((1_499_999, False), (1_500_000, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        if fits:
            run(loaded, tmp_path / "results", max_time_s=0.001)
        else:
            with pytest.raises(
                StorageFullError, match=r"1\.5 MB, and 1\.5 MB are free: 1 MB for payloads"
            ):
                run(loaded, tmp_path / "results")


def test_a_run_that_is_completed_needs_room_for_the_rest_only(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(load_scenario(make_scenario(blocks="4")), tmp_path / "results")
    journal = folder / "journal.jsonl"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=200_000))
    resume(folder)
    journal.write_bytes(b"")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=200_000 + 1_999))
    with pytest.raises(StorageFullError, match="2 kB for the journal"):
        resume(folder)
