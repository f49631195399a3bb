"""Programs make junctions under a Wine that has none."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.preload.preload_library import sources
from harness.reproduce.denial_lab import Lab
from harness.reproduce.execution import Execution
from harness.reproduce.labs import lab_named
from harness.reproduce.sandbox import Sandbox, sandbox
from harness.wine.junctions import LIBRARY, STARTER, compiler, with_junctions

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")
LINKS = r"""
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

struct junction {
    ULONG tag;
    USHORT length, reserved, target_offset, target_length, shown_offset, shown_length;
    WCHAR names[MAX_PATH + 8];
};

int main(int count, char **arguments)
{
    WCHAR target[MAX_PATH];
    struct junction wanted = {IO_REPARSE_TAG_MOUNT_POINT};
    GetFullPathNameW(L"target", MAX_PATH, target, NULL);
    int length = swprintf(wanted.names, MAX_PATH + 8, L"\\??\\%ls", target);
    wanted.target_length = 2 * length;
    wanted.shown_offset = 2 * length + 2;
    wanted.length = 8 + 2 * length + 4;
    HANDLE folder = CreateFileA(arguments[1], GENERIC_WRITE, 7, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    DWORD returned, size = offsetof(struct junction, names) + 2 * length + 4;
    if (count > 2)
        size = 9;
    BOOL made = DeviceIoControl(folder, FSCTL_SET_REPARSE_POINT, &wanted, size, NULL, 0, &returned,
                                NULL);
    printf("%lu\n", made ? 0 : GetLastError());
    CloseHandle(folder);
    return 7;
}
"""
LIBRARIES = [((LIBRARY, ".dll"), ["-shared"]), ((STARTER, ".exe"), [])]


@pytest.fixture(scope="module")
def windows_compiler() -> list[str]:
    try:
        return compiler()
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="module")
def wine_lab() -> Iterator[Lab]:
    try:
        with lab_named("wine") as lab:
            yield lab
    except NotSupportedError as error:
        pytest.skip(error.message)


@pytest.fixture
def box_with_junctions(wine_lab: Lab, windows_compiler: list[str]) -> Iterator[Sandbox]:
    with sandbox(wine_lab) as box:
        (box.work / "target").mkdir()
        (box.work / "target" / "file").write_text("content")
        (box.work / "junction").mkdir()
        (box.work / "full" / "inside").mkdir(parents=True)
        (box.folder / "links.c").write_text(LINKS)
        program = box.folder / "links.exe"
        subprocess.run([*windows_compiler, "-o", program, box.folder / "links.c"], check=True)
        box.names["links"] = wine_lab.spelled(program)
        box.starter.append(wine_lab.spelled(with_junctions()))
        yield box


def ran(box: Sandbox, *command: str) -> Execution:
    return box.run(command, timeout_s=60, fresh=False)


@pytest.mark.parametrize(("name", "options"), LIBRARIES)
def test_they_compile_without_a_warning(
    name: tuple[str, str], options: list[str], windows_compiler: list[str], tmp_path: Path
) -> None:
    source = (sources() / name[0]).with_suffix(".c")
    strict = ["-O2", "-Wall", "-Wextra", "-Werror", *options]
    subprocess.run([*windows_compiler, *strict, "-o", tmp_path / "".join(name), source], check=True)
    assert (tmp_path / "".join(name)).read_bytes()[:2] == b"MZ"


def test_a_folder_becomes_a_junction_and_leads_to_its_target(box_with_junctions: Sandbox) -> None:
    run = ran(box_with_junctions, "{links}", "junction")
    assert list(run.output) == ["0"]
    assert (box_with_junctions.work / "junction").is_symlink()
    shown = ran(box_with_junctions, "cmd", "/c", "type", r"junction\file")
    assert list(shown.output) == ["content"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("full",), 145), (("absent",), 6), (("junction", "in a buffer that is too small"), 4392)],
)
def test_what_cannot_be_one_stays_as_it_is(
    box_with_junctions: Sandbox, arguments: tuple[str, ...], code: int
) -> None:
    assert list(ran(box_with_junctions, "{links}", *arguments).output) == [str(code)]
    assert (box_with_junctions.work / "full" / "inside").is_dir()
    assert not (box_with_junctions.work / "junction").is_symlink()


def test_arguments_and_the_exit_code_pass_through(box_with_junctions: Sandbox) -> None:
    python = box_with_junctions.lab.spelled(box_with_junctions.lab.python)
    odd = ["a b", 'c"d', "e\\", ""]
    code = "import sys; print(ascii(sys.argv[1:])); sys.exit(9)"
    run = ran(box_with_junctions, python, "-I", "-c", code, *odd)
    assert (run.exit_code, list(run.output)) == (9, [ascii(odd)])
    assert ran(box_with_junctions, "{links}", "junction").exit_code == 7


def test_a_program_that_is_not_there_is_said(box_with_junctions: Sandbox) -> None:
    run = ran(box_with_junctions, "absent.exe")
    assert (run.exit_code, run.last_words) == (
        250,
        "with_junctions: the program could not be started: error 2",
    )


def test_without_a_compiler_the_command_that_brings_one_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(NotSupportedError) as raised:
        compiler()
    assert "gcc-mingw-w64-x86-64" in str(raised.value.hint)


def test_they_are_compiled_once(windows_compiler: list[str]) -> None:
    assert windows_compiler
    made = with_junctions()
    assert with_junctions().stat().st_mtime_ns == made.stat().st_mtime_ns
    assert made.with_name(f"{LIBRARY}.dll").is_file()
