"""Files of the current folder that have the names of modules are not run, whatever the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_lab import LOAD, write_notebook

from harness.isolated_python import isolated_python, python_environment

if TYPE_CHECKING:
    from harness.wine import Lane

PLANTED = ("pip", "rich", "pydantic", "tenacity", "numpy", "pandas", "matplotlib", "nbclient", "IPython")
CODE = "open({marker!r}, 'a').write(__name__ + ' ran\\n')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that a stranger filled: each file notes in ``ran.txt`` that it was run."""
    here = tmp_path / "stranger"
    here.mkdir()
    for name in (*PLANTED, "ipykernel_launcher", "sitecustomize"):
        (here / f"{name}.py").write_text(CODE.format(marker=str(tmp_path / "ran.txt")), encoding="utf-8")
    return here


def run(command: list[str], folder: Path, **environment: str) -> None:
    environment = {**os.environ, "HARNESS_CACHE": str(folder.parent / "cache"), **environment}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ran = folder.parent / "ran.txt"
    assert not ran.exists(), ran.read_text(encoding="utf-8")


def harness(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness", *arguments]


def test_the_files_would_run_if_nothing_prevented_it(folder: Path) -> None:
    with pytest.raises(AssertionError, match="ipykernel_launcher ran"):
        run([sys.executable, "-c", "import ipykernel_launcher"], folder)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("doctor",),
        ("list",),
        ("strategies", "uv"),
        ("predict", "exponential", "--profile", "brief"),
        ("schema",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_runs_them(arguments: tuple[str, ...], folder: Path) -> None:
    run(harness(*arguments), folder)


def test_neither_do_run_export_and_report_and_their_kernels(folder: Path, tmp_path: Path) -> None:
    write_notebook(tmp_path / "notebooks" / "one.ipynb", LOAD)  # kernels of others start like its own
    run(harness("run", "script-install", "--platform", "emulated", "--blocks", "1"), folder)
    (made,) = (folder / "results").iterdir()
    run(harness("show", str(made)), folder)
    run(harness("export", str(made), "--to", "exported"), folder)
    run(harness("report", str(made), "--to", "report", "--notebooks", "../notebooks"), folder)
    assert (folder / "report" / "one.html").is_file()


def test_the_configuration_of_pip_is_asked_of_the_real_pip(folder: Path) -> None:
    read = "from harness.payload.fetch import index_settings; print(index_settings())"
    run(isolated_python("-c", read), folder)


def test_neither_does_the_windows_python_under_wine(folder: Path, ntfs: Lane) -> None:
    assert ntfs.rules == "ntfs"
    arguments = ("run", "script-install", "--platform", "wine", "--profile", "brief", "--blocks", "1")
    run(harness(*arguments), folder, HARNESS_CACHE=os.environ.get("HARNESS_CACHE", ""))


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_an_installed_harness_changes_nothing_of_where_its_children_look_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else a package could take the name of a module of the standard library."""
    monkeypatch.setenv("PYTHONPATH", "theirs")
    assert python_environment(tmp_path / name)["PYTHONPATH"] == "theirs"
    monkeypatch.delenv("PYTHONPATH")
    assert "PYTHONPATH" not in python_environment(tmp_path / name)


def test_a_checkout_is_found_by_its_children_though_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "theirs")
    assert python_environment(tmp_path)["PYTHONPATH"] == f"{tmp_path}{os.pathsep}theirs"
