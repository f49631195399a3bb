"""What is no file is refused by every reader of files from outside, and none of them waits for it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.api import run_scenarios
from harness.errors import HarnessError, InvalidInputError
from harness.frames import export, load
from harness.outside_files import open_regular, read_regular
from harness.payload.cache import Archive, verified
from harness.record.journal import Lines
from harness.record.manifest import MAX_BYTES, read_manifest
from harness.record.redaction import Redaction
from harness.report.inputs import redacted
from harness.run.candidates import resolve
from harness.run.start import resume
from harness.scenario.load import MAX_FILE_BYTES, load_scenario

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario

if sys.platform == "win32":
    pytest.skip("Windows has no such files", allow_module_level=True)

EXPORTED = ("trials", "runs", "profiles", "scenarios", "operations", "attempts", "holds")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(path.parent)  # the name of a socket has at most 108 bytes
        made.bind(path.name)
        os.chdir(before)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a socket": make_socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_is_named_and_not_opened(kind: str, tmp_path: Path) -> None:
    SPECIAL[kind](tmp_path / "x")
    with pytest.raises(InvalidInputError, match=f"x: is {kind}, not a file$"):
        open_regular(tmp_path / "x")


def test_a_file_is_read_up_to_the_size_that_its_kind_may_have(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a\r\nb")
    assert read_regular(path, 4) == b"a\r\nb"
    with pytest.raises(InvalidInputError, match=r"x: larger than 3 bytes; not a file of this kind$"):
        read_regular(path, 3)
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 3)


def replace(path: Path, kind: str) -> Path:
    path.unlink()
    SPECIAL[kind](path)
    return path


@pytest.fixture
def scenario(make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path) -> Path:
    """A scenario with files of each kind that it may name."""
    make_profile("seen", 0, duration='distribution = "empirical", file = "seen.txt"')
    (tmp_path / "profiles" / "seen.txt").write_text("1.5\n")
    strategies = (
        "from harness.strategy import Strategy, strategy\nfrom tenacity import retry_never\n"
        '@strategy("mine")\ndef mine() -> Strategy:\n    """Mine."""\n'
        '    return Strategy("mine", retry_never)\n'
    )
    (tmp_path / "mine.py").write_text(strategies)
    return make_scenario(strategies='[{ use = "mine", file = "mine.py" }]', profiles='["seen"]')


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", ["made.toml", "profiles/seen.toml", "profiles/seen.txt", "mine.py"])
def test_a_scenario_is_made_of_files(kind: str, name: str, scenario: Path) -> None:
    replace(scenario.parent / name, kind)
    words = "a text file in the profile's own folder" if name.endswith(".txt") else f"is {kind}"
    with pytest.raises(InvalidInputError, match=words):
        resolve(load_scenario(scenario), allow_code=True)


def test_the_files_of_a_scenario_have_a_size(scenario: Path) -> None:
    for name in ("mine.py", "profiles/seen.toml", "made.toml"):
        os.truncate(scenario.parent / name, MAX_FILE_BYTES + 1)
        with pytest.raises(InvalidInputError, match=f"{Path(name).name}: larger than 1,000,000 bytes"):
            resolve(load_scenario(scenario), allow_code=True)


@pytest.fixture
def run(make_scenario: MakeScenario, tmp_path: Path) -> Path:
    loaded = [load_scenario(make_scenario())]
    return run_scenarios(loaded, blocks=1, platform="emulated", results=tmp_path / "results").folder


READERS: dict[str, list[Callable[[Path], object]]] = {
    "manifest.json": [read_manifest, load, resume],
    "journal.jsonl": [
        lambda run: list(Lines(run / "journal.jsonl")),
        load,
        lambda run: load(run, progress=lambda _: None),
        resume,
    ],
    "run.lock": [resume],
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize(
    ("name", "read"), [(name, read) for name, each in READERS.items() for read in each]
)
def test_a_run_is_made_of_files(kind: str, name: str, read: Callable[[Path], object], run: Path) -> None:
    (run / name).touch()
    replace(run / name, kind)
    with pytest.raises(InvalidInputError, match=f"{name}: is {kind}|{name} is a link"):
        read(run)


def test_a_manifest_has_a_size(run: Path, tmp_path: Path) -> None:
    os.truncate(run / "manifest.json", MAX_BYTES + 1)  # a hole: no disk has to be filled
    (tmp_path / "copies").mkdir()
    for read in (read_manifest, lambda path: redacted([path], Redaction(), tmp_path / "copies")):
        with pytest.raises(InvalidInputError, match=r"manifest\.json: larger than 134,217,728 bytes"):
            read(run)


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("table", EXPORTED)
def test_an_export_is_made_of_files(kind: str, table: str, run: Path, tmp_path: Path) -> None:
    export(load(run), tmp_path / "exported", "parquet")
    replace(tmp_path / "exported" / f"{table}.parquet", kind)
    with pytest.raises(HarnessError, match=f"{table}.parquet: is {kind}, not a file"):
        getattr(load(tmp_path / "exported"), table)


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_in_the_cache_counts_as_absent(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    folder = tmp_path / "archives" / ("0" * 64)
    folder.mkdir(parents=True)
    SPECIAL[kind](folder / "a.whl")
    assert verified(Archive("a", "a.whl", "0" * 64)) is None
