"""Programs are built by the user's own compilers, of the release that a scenario names."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import NotSupportedError, PayloadUnavailableError
from harness.reproduce import build as building
from harness.reproduce.build import build
from harness.reproduce.model import Built

if sys.platform != "linux":
    pytest.skip("programs are built on Linux", allow_module_level=True)

GO = {
    "go.mod": "module program\n\ngo 1.18\n",
    "main.go": 'package main\n\nfunc main() { println("release {version}") }\n',
}
RUST = {
    "Cargo.toml": '[package]\nname = "program"\nversion = "0.1.0"\nedition = "2021"\n',
    "Cargo.lock": 'version = 3\n\n[[package]]\nname = "program"\nversion = "0.1.0"\n',
    "src/main.rs": 'fn main() { println!("release {version}"); }\n',
}


def release_of(*command: str) -> str:
    """The release that a compiler prints of itself; without one the test is skipped."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]}")
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?", printed)
    assert found, printed
    return found[0]


def test_go_builds_for_windows_on_linux(tmp_path: Path) -> None:
    built = Built(compiler="go", toolchain=release_of("go", "version"), files=GO)
    program = build(built, "1.0", tmp_path / "new", "wine")
    assert program.read_bytes()[:2] == b"MZ"
    assert b"release 1.0" in program.read_bytes()


def test_cargo_builds_a_native_program(tmp_path: Path) -> None:
    release_of("cargo", "--version")
    built = Built(compiler="cargo", toolchain=release_of("rustc", "--version"), files=RUST)
    program = build(built, "1.0", tmp_path / "new", "linux")
    assert subprocess.check_output(program, text=True) == "release 1.0\n"


def test_what_does_not_compile_says_why(tmp_path: Path) -> None:
    wrong = {**GO, "main.go": "package main\n\nfunc main() { nothing() }\n"}
    built = Built(compiler="go", toolchain=release_of("go", "version"), files=wrong)
    with pytest.raises(PayloadUnavailableError, match=r"go build failed: .*undefined: nothing"):
        build(built, "1.0", tmp_path / "new", "wine")


def test_another_release_of_rust_is_not_taken(tmp_path: Path) -> None:
    release_of("cargo", "--version")
    built = Built(compiler="cargo", toolchain="{version}", files=RUST)
    with pytest.raises(NotSupportedError, match=r"it takes Rust 0\.1\.2 .*; here is "):
        build(built, "0.1.2", tmp_path / "new", "linux")


@pytest.mark.parametrize(
    ("compiler", "files", "message", "hint"),
    [
        ("go", GO, "there is no Go to build it with", "apt-get install golang-go"),
        ("cargo", RUST, "there is none here", "libstd-rust-dev-windows"),
    ],
)
def test_a_compiler_that_is_missing_is_named_with_what_installs_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compiler: str,
    files: dict[str, str],
    message: str,
    hint: str,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "SYSTEM_FOLDER", str(tmp_path))
    built = Built.model_validate({"compiler": compiler, "toolchain": "1.63.0", "files": files})
    with pytest.raises(NotSupportedError, match=message) as error:
        build(built, "1.0", tmp_path / "new", "wine")
    assert hint in (error.value.hint or "")
