"""The examples of each language hold a file, and are right about who is refused: here and under Wine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from doc_pages import ROOT, blocks_of

from harness.errors import PayloadUnavailableError
from harness.isolated_python import python_environment
from harness.reproduce.load_programs import load_programs
from harness.reproduce.registry import PinnedArchive
from harness.wine import Lane, windows_path

LANGUAGES = ("python", "javascript", "go", "rust")
MOST_LINES = 25
SHOWN = "while it is held: 1\nafter it: 0\n"
MINGW = "x86_64-w64-mingw32-gcc"
DEBIANS_RUSTC = "/usr/bin/rustc"
"""It may have the standard library for Windows: `libstd-rust-dev-windows`."""


def example(language: str) -> str:
    """The one example of a language's page."""
    page = ROOT / "docs" / "how-to" / f"hold-from-{language}.md"
    (text,) = (block.text for block in blocks_of(page) if block.language == language)
    return text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_is_short(language: str) -> None:
    assert len(example(language).splitlines()) <= MOST_LINES + 1  # and its name


@pytest.mark.skipif(sys.platform != "linux", reason="programs that refuse their own calls need Linux")
@pytest.mark.parametrize(
    ("language", "file", "build", "run"),
    [
        ("python", "hold_from_python.py", [], ["python", "hold_from_python.py"]),
        ("javascript", "hold.mjs", [], ["node", "hold.mjs"]),
        ("rust", "hold.rs", ["rustc", "--edition", "2021", "hold.rs"], ["./hold"]),
    ],
)
def test_it_is_refused_while_the_file_is_held(
    language: str, file: str, build: list[str], run: list[str], tmp_path: Path
) -> None:
    for command in (build, run):
        if command and not command[0].startswith(".") and shutil.which(command[0]) is None:
            pytest.skip(f"there is no {command[0]} here")
    (tmp_path / file).write_text(example(language))
    # its `python` is this one
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**python_environment(), "PATH": path}
    if build:
        subprocess.run(build, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60)
    shown = subprocess.check_output(run, cwd=tmp_path, env=environment, text=True, timeout=60)
    assert shown == SHOWN


def for_windows_by_go(folder: Path) -> list[str]:
    """The example, built by this machine's Go."""
    if (go := shutil.which("go")) is None:
        pytest.skip("there is no Go here")
    settings = {**os.environ, "GOOS": "windows", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    built(folder, "hold.go", [go, "build", "-o", "hold.exe", "hold.go"], settings)
    return ["hold.exe"]


def for_windows_by_rust(folder: Path) -> list[str]:
    """The example, built by a Rust that has the standard library for Windows."""
    if shutil.which(MINGW) is None or shutil.which(DEBIANS_RUSTC) is None:
        pytest.skip("there is no Rust for Windows here")
    target = ["--target", "x86_64-pc-windows-gnu", "-C", f"linker={MINGW}"]
    built(folder, "hold.rs", [DEBIANS_RUSTC, "--edition", "2021", *target, "hold.rs"], {**os.environ})
    return ["hold.exe"]


def built(folder: Path, file: str, command: list[str], settings: dict[str, str]) -> None:
    (folder / "program").rename(folder / file)
    done = subprocess.run(command, cwd=folder, env=settings, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def by_node(folder: Path) -> list[str]:
    """The example, run by the Node for Windows that a shipped report pins."""
    program = load_programs(["node-rename"])[0].scenario.program
    assert program is not None
    (release,) = program.releases
    pinned = PinnedArchive("npm", program.project, release.version, release.sha256)
    try:
        with tarfile.open(pinned.obtained()) as archive:
            archive.extract("package/bin/node.exe", folder, filter="data")
    except PayloadUnavailableError as error:
        pytest.skip(error.message)
    (folder / "node.exe").hardlink_to(folder / "package" / "bin" / "node.exe")
    (folder / "program").rename(folder / "hold.mjs")
    return ["node.exe", "hold.mjs"]


def by_python(_: Path) -> list[str]:
    return ["python", "program"]


CHILD = """
import subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
print(done.stdout, done.stderr, sep="")
"""
"""Starts a program with pipes of Windows: Node cannot open those of Linux."""


@pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")
@pytest.mark.parametrize(
    ("language", "program"),
    [
        ("python", by_python),
        ("javascript", by_node),
        ("go", for_windows_by_go),
        ("rust", for_windows_by_rust),
    ],
)
def test_it_is_refused_by_a_real_handle_under_wine(
    language: str, program: Callable[[Path], list[str]], ntfs: Lane, tmp_path: Path
) -> None:
    (tmp_path / "program").write_text(example(language))
    command = program(tmp_path)
    path = f"{windows_path(ntfs.python.parent)};{windows_path(tmp_path)}"
    shown: list[str] = []
    ntfs.run(["-c", CHILD, *command], cwd=tmp_path, environment={"PATH": path}, on_line=shown.append)
    assert shown[:2] == SHOWN.splitlines(), shown
