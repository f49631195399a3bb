"""Runs are opened where CI keeps them, and nothing of a stranger's zip file lands anywhere else."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError
from harness.record import artifact
from harness.record.artifact import opened_run, opened_runs
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import NAME as MANIFEST
from harness.record.read import read_run
from harness.record.void import declare_void

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

Zipped = Callable[..., Path]


@pytest.fixture
def run(make_scenario: MakeScenario, run_scenario: RunScenario) -> Path:
    return run_scenario(make_scenario(), blocks=2).folder


@pytest.fixture
def zipped(run: Path, tmp_path: Path) -> Zipped:
    """Pack the run into a zip file, in the folders named, beside members that are given as they are."""

    def zipped(*folders: str, **others: bytes | str) -> Path:
        path = tmp_path / "artifact.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for folder in folders:
                for each in sorted(run.iterdir()):
                    file.write(each, f"{folder}{each.name}")
            for name, content in others.items():
                file.writestr(name, content)
        return path

    return zipped


def refusal(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught, opened_run(path):
        pass
    return caught.value


@pytest.mark.parametrize("folder", ["", "made-run/", "measured/made-run/", "results-1\\made-run\\"])
def test_a_run_is_read_wherever_in_the_zip_file_it_is(folder: str, run: Path, zipped: Zipped) -> None:
    path = zipped(folder, **{"doctor.json": "{}"})
    with opened_run(path) as opened:
        assert read_run(opened).trials == read_run(run).trials
        assert opened.name == ("made-run" if folder else "artifact")
    assert not opened.exists()


def test_a_folder_with_one_run_in_it_is_that_run(run: Path) -> None:
    with opened_run(run.parent) as opened:
        assert opened == run
    with opened_run(run) as opened:
        assert opened == run
    assert run.exists()


def test_of_several_runs_one_can_be_named(run: Path, zipped: Zipped) -> None:
    path = zipped("one/", "other/")
    with opened_runs([path, run]) as opened:
        assert [each.name for each in opened] == ["one", "other", run.name]
    error = refusal(path)
    assert "contains 2 runs: one and other" in error.message
    assert str(path / "one") in str(error.hint)
    with opened_run(path / "other") as other:
        assert other.name == "other"
        assert read_run(other).trials
    assert "has no run 'third'" in refusal(path / "third").message


def test_a_void_run_stays_void(run: Path, zipped: Zipped) -> None:
    declare_void(run, "its platform was another one")
    with opened_run(zipped("run/")) as opened, pytest.raises(InvalidInputError, match="is void"):
        read_run(opened)


@pytest.mark.parametrize(
    "name",
    [
        "../../escaped/manifest.json",
        "/escaped/manifest.json",
        "C:/escaped/manifest.json",
        "..\\..\\escaped\\manifest.json",
        "con/manifest.json",
        "\x1b[31mred/manifest.json",
        "-rf/manifest.json",
    ],
)
def test_no_name_leads_out_of_the_temporary_folder(
    name: str, zipped: Zipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    before = sorted(tmp_path.rglob("*"))
    path = zipped(**{name: b"{}"})
    with opened_run(path) as opened:
        assert work in opened.parents
        assert {each.name for each in work.rglob("*") if each.is_file()} == {MANIFEST}
        assert artifact.PLAIN_NAME.fullmatch(opened.name)
    assert set(tmp_path.rglob("*")) - set(before) == {path}


def test_a_link_is_a_file_like_any_other(zipped: Zipped, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of somebody")
    link = zipfile.ZipInfo("run/journal.jsonl")
    link.external_attr = 0o120777 << 16
    path = zipped(**{f"run/{MANIFEST}": "{}"})
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, str(tmp_path / "secret"))
    with opened_run(path) as opened:
        assert not (opened / JOURNAL).is_symlink()
        assert (opened / JOURNAL).read_text() == str(tmp_path / "secret")


def test_what_would_fill_the_disk_is_stopped_by_its_ratio(zipped: Zipped) -> None:
    bomb = zipped(**{f"run/{MANIFEST}": "{}", f"run/{JOURNAL}": bytes(50_000_000)})
    assert bomb.stat().st_size < 100_000
    assert "'run/journal.jsonl' has more than" in refusal(bomb).message


def test_all_that_is_unpacked_together_has_a_bound(
    zipped: Zipped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", 2_000_000)
    random = {f"{name}/{JOURNAL}": os.urandom(900_000) for name in ("a", "b", "c")}
    manifests = {f"{name}/{MANIFEST}": "{}" for name in ("a", "b", "c")}
    with (
        pytest.raises(InvalidInputError, match=r"'c/.*' has more than"),
        opened_runs([zipped(**manifests, **random)]),
    ):
        pass


def test_a_size_that_a_member_claims_is_not_believed(zipped: Zipped) -> None:
    path = zipped(**{f"run/{MANIFEST}": "{}", f"run/{JOURNAL}": bytes(50_000_000)})
    content = path.read_bytes()
    path.write_bytes(content.replace((50_000_000).to_bytes(4, "little"), (5).to_bytes(4, "little")))
    assert refusal(path).message


def test_more_runs_or_members_than_a_person_has_are_refused(
    zipped: Zipped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "MOST_RUNS", 3)
    many = zipped(**{f"{number}/{MANIFEST}": "{}" for number in range(4)})
    assert "has 4 runs, and at most 3" in refusal(many).message
    monkeypatch.setattr(artifact, "MOST_AT_ONCE", 10_000)
    crowd = zipped(**{f"{number}": "" for number in range(1000)})
    assert "its list of members is too long" in refusal(crowd).message


def test_two_members_of_one_name_are_refused(zipped: Zipped) -> None:
    path = zipped(**{f"run/{MANIFEST}": "{}"})
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr(f"run/{MANIFEST}", "{}")
    assert refusal(path).message.endswith("has run/manifest.json twice")


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"PK\x03\x04" + b"x" * 100, b"{}", b"\0" * 99])
def test_what_is_no_zip_file_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "artifact.zip"
    path.write_bytes(content)
    error = refusal(path)
    assert "is neither a folder nor a zip file that can be read" in error.message
    assert "results/" in str(error.hint)


def test_a_zip_file_without_runs_says_so(zipped: Zipped) -> None:
    assert "has no runs" in refusal(zipped(**{"notes.txt": "x"})).message
    deep = "/".join("abcdefgh")
    assert "has no runs" in refusal(zipped(**{f"{deep}/{MANIFEST}": "{}"})).message


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_no_ci_uses_are_refused(method: int, tmp_path: Path) -> None:
    path = tmp_path / "artifact.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr(f"run/{MANIFEST}", "{}")
    assert "is compressed in an unusual way" in refusal(path).message


def test_every_damaged_byte_is_an_error_or_harmless(run: Path, zipped: Zipped) -> None:
    """Each byte of the packed manifest, and of the list of members, is changed in turn."""
    del run
    whole = zipped(**{f"run/{MANIFEST}": b"{" + b"x" * 40 + b"}"}).read_bytes()
    path = zipped("run/").with_name("damaged.zip")
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        path.write_bytes(changed)
        try:
            with opened_runs([path]) as opened:
                assert all(each.is_dir() for each in opened)
        except InvalidInputError as error:
            assert str(path) in error.message  # noqa: PT017 - some changes do no harm


def test_nothing_at_a_path_is_left_to_who_reads_it(tmp_path: Path) -> None:
    with opened_runs([tmp_path / "nothing"]) as opened:
        assert opened == [tmp_path / "nothing"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes as files here")
    os.mkfifo(tmp_path / "pipe.zip")
    with opened_runs([tmp_path / "pipe.zip"]) as opened:
        assert opened == [tmp_path / "pipe.zip"]


def test_reads_of_the_list_of_members_are_bounded() -> None:
    with artifact._BoundedReads(io.FileIO(os.devnull)) as file:
        assert file.read() == file.read(-1) == file.read(1 << 40) == b""
