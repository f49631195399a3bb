"""The launcher of a console script: a real program with a real zip behind it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from harness.payload.launcher import INTERPRETER, launcher
from harness.pe import is_pe

ENTRY_POINT = "greet = greeting.words:hello"


@pytest.fixture(scope="module")
def made() -> bytes:
    return launcher(ENTRY_POINT)


def stub_of_distlib() -> bytes:
    return files("distlib").joinpath("t64.exe").read_bytes()


def test_a_launcher_begins_with_the_program_that_pip_installs_too(made: bytes) -> None:
    assert is_pe(made)
    assert made.startswith(stub_of_distlib())


def test_the_shebang_between_program_and_script_names_the_interpreter(made: bytes) -> None:
    # the launcher takes the line before the zip for the interpreter to start
    behind = made[len(stub_of_distlib()) :]
    assert behind.startswith(f"#!{INTERPRETER}\r\nPK\x03\x04".encode())


def test_a_launcher_ends_with_a_zip_whose_main_imports_the_entry_point(made: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["__main__.py"]
        assert archive.testzip() is None
        script = archive.read("__main__.py").decode()
    assert "from greeting.words import hello" in script
    assert "sys.exit(hello())" in script
    compile(script, "__main__.py", "exec")


def test_the_script_in_a_launcher_calls_the_entry_point(made: bytes, tmp_path: Path) -> None:
    # Python runs a zip with a program before it, as it does when the program calls it
    (tmp_path / "greet.exe").write_bytes(made)
    (tmp_path / "greeting").mkdir()
    (tmp_path / "greeting" / "words.py").write_text("def hello():\n    print('hello')\n    return 7\n")
    ran = subprocess.run(
        [sys.executable, str(tmp_path / "greet.exe")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("hello\n", 7), ran.stderr


def test_the_same_entry_point_gives_the_same_bytes(made: bytes) -> None:
    assert launcher(ENTRY_POINT) == made


def test_neither_the_time_nor_the_system_is_in_a_launcher(made: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (member,) = archive.infolist()
    assert member.date_time == (1980, 1, 1, 0, 0, 0)
    assert member.create_system == 0


def test_another_entry_point_gives_other_bytes(made: bytes) -> None:
    assert launcher("greet = greeting.words:goodbye") != made


@pytest.mark.parametrize(
    ("entry_point", "statement"),
    [
        ("httpx = httpx:main", "from httpx import main"),
        ("py.test = pytest:console_main", "from pytest import console_main"),
        ("a-b_c = m:Class.run", "from m import Class"),
    ],
)
def test_entry_points_of_every_form_become_launchers(entry_point: str, statement: str) -> None:
    with zipfile.ZipFile(io.BytesIO(launcher(entry_point))) as archive:
        assert statement in archive.read("__main__.py").decode()
