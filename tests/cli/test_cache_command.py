"""``harness cache``: the answer first, and nothing is removed unasked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.cache import app
from harness.errors import InvalidInputError

SHA256 = "0a" * 32


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    archive = tmp_path / "archives" / SHA256
    archive.mkdir(parents=True)
    (archive / "numpy.whl").write_bytes(b"x" * 2_000_000)
    packages = tmp_path / "wine" / "packages-0123456789ab"
    packages.mkdir(parents=True)
    (packages / "module.py").write_text("pass")
    return tmp_path


def harness_cache(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def test_it_opens_with_how_much_there_is_and_where(cache: Path) -> None:
    shown = harness_cache().stdout
    assert shown.startswith("2.01 MB are kept in")
    assert str(cache) in shown.replace("\n", "")
    assert "numpy.whl" in shown
    assert "1 small part" in shown
    assert max(map(len, shown.splitlines()[2:])) <= 80


def test_its_json_has_every_part(cache: Path) -> None:
    data = json.loads(harness_cache("--json").stdout)
    assert (data["schema"], data["folder"]) == (1, str(cache))
    assert [(part["kind"], part["what"]) for part in data["parts"]] == [
        ("archives", "numpy.whl"),
        ("wine", "packages for that Python"),
    ]
    assert data["bytes"] == sum(part["bytes"] for part in data["parts"])


def test_one_kind_is_removed_and_the_other_stays(cache: Path) -> None:
    done = harness_cache("clean", "archives", "--yes")
    assert done.exit_code == 0
    assert "Removed 2 MB of archives." in done.stdout
    assert not (cache / "archives" / SHA256).exists()
    assert (cache / "wine" / "packages-0123456789ab").exists()


def test_all_is_removed_if_no_kind_is_named() -> None:
    assert "of archives and wine" in harness_cache("clean", "--yes").stdout
    assert "Nothing is kept in" in harness_cache().stdout
    assert "Nothing to remove" in harness_cache("clean", "--yes").stdout


def test_where_nobody_can_be_asked_nothing_is_removed(cache: Path) -> None:
    done = harness_cache("clean", answer="y\n")
    assert isinstance(done.exception, InvalidInputError)
    assert "--yes" in str(done.exception.hint)
    assert (cache / "archives" / SHA256).exists()


@pytest.mark.parametrize(("answer", "stays"), [("n\n", True), ("y\n", False)])
def test_on_a_terminal_it_asks(
    answer: str, stays: bool, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.cache._can_ask", lambda: True)
    done = harness_cache("clean", "archives", answer=answer)
    assert "Remove 2 MB of archives from" in done.output
    assert (cache / "archives" / SHA256).exists() == stays


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    done = harness_cache("clean", "archive")
    assert isinstance(done.exception, InvalidInputError)
    assert "archives" in str(done.exception.hint)


def test_no_folder_at_all_is_an_empty_cache(cache: Path) -> None:
    shutil.rmtree(cache)
    assert harness_cache().stdout.startswith("Nothing is kept in")
