"""What cannot be fetched is said, with the command that brings it; other bytes are not kept."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path

import pytest

from harness.errors import PayloadUnavailableError
from harness.reproduce.registry import PinnedArchive

CONTENT = b"an archive"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def put_on_path(name: str, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shell script the client `name`."""
    if sys.platform == "win32":
        pytest.skip("made for a shell of Unix")
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    client = programs / name
    client.write_text(f"#!/bin/sh\n{script}\n")
    client.chmod(client.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that packs one file, and ends with an error for any other package."""
    script = (
        'case "$2" in @types/one@1.0.0) printf "an archive" > "$6/types-one-1.0.0.tgz";;\n'
        '*) echo "npm error 404 not found" >&2; exit 1;; esac'
    )
    put_on_path("npm", script, tmp_path, monkeypatch)


def test_a_jar_is_copied_by_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        'test "$4" = -Dartifact=org.example:tool:1.0:jar:windows '
        '&& printf "an archive" > "${5#-DoutputDirectory=}/tool-1.0-windows.jar"'
    )
    put_on_path("mvn", script, tmp_path, monkeypatch)
    pinned = PinnedArchive("maven", "org.example:tool:windows", "1.0", SHA256)
    assert pinned.obtained().read_bytes() == CONTENT
    assert pinned.obtained().name == "org.example-tool-windows-1.0.jar"
    assert pinned.command == "mvn dependency:get -Dartifact=org.example:tool:1.0:jar:windows"


@pytest.mark.usefixtures("npm")
def test_a_package_is_fetched_once_and_kept() -> None:
    pinned = PinnedArchive("npm", "@types/one", "1.0.0", SHA256)
    path = pinned.obtained()
    assert path.read_bytes() == CONTENT
    assert path.name == "types-one-1.0.0.tgz"
    os.environ["PATH"] = ""  # monkeypatch puts it back
    assert pinned.obtained() == path


@pytest.mark.usefixtures("npm")
def test_other_bytes_are_not_kept(cache: Path) -> None:
    with pytest.raises(PayloadUnavailableError, match="other bytes than the scenario pins"):
        PinnedArchive("npm", "@types/one", "1.0.0", "0" * 64).obtained()
    assert not list(cache.rglob("*.tgz"))


@pytest.mark.usefixtures("npm")
def test_what_npm_says_is_told_with_the_command() -> None:
    with pytest.raises(PayloadUnavailableError, match="404 not found") as caught:
        PinnedArchive("npm", "two", "1.0.0", SHA256).obtained()
    assert caught.value.hint == "`npm pack two@1.0.0` shows why."


def test_without_npm_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PayloadUnavailableError, match="there is no npm") as caught:
        PinnedArchive("npm", "two", "1.0.0", SHA256).obtained()
    assert "apt-get install npm" in str(caught.value.hint)


def test_a_file_of_the_index_is_taken_from_the_cache(cache: Path) -> None:
    pinned = PinnedArchive("pypi", "one", "1.0", SHA256, "one-1.0.whl")
    path = cache / "archives" / SHA256 / "one-1.0.whl"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert pinned.obtained() == path
    assert pinned.command.endswith("--platform win_amd64 one==1.0")
