"""A plug-in that cannot be used is named, with its distribution, and keeps no command from its work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from command_lab import harness

from harness.errors import ExitCode
from harness.strategy.lookup import installed
from harness.strategy.plug_ins import ENTRY_POINT_GROUP

WORKS = """
    from tenacity import stop_after_attempt, wait_fixed

    from harness.strategy import Strategy, retry_if_any_oserror

    def made():
        return Strategy("works", retry_if_any_oserror(), wait_fixed(1), stop_after_attempt(3))
"""
ON_IMPORT = {
    "an exception": ("1 / 0", "ZeroDivisionError: division by zero"),
    "an exit": ("raise SystemExit(0)", "SystemExit: 0"),
    "an exception without words": ("raise RuntimeError", "RuntimeError"),
    "one of its own that no handler expects": (
        "class Stop(BaseException): pass\nraise Stop('here')",
        "Stop: here",
    ),
    "a syntax error": ("def made(:", "SyntaxError: invalid syntax"),
    "a package that is missing": ("import not_there", "No module named 'not_there'"),
    "no such function": ("", "has no attribute 'made'"),
    "no function": ("made = 3", "TypeError: 3 is not a callable object"),
}
ON_USE = {
    "an exception when it is made": ("def made(): return 1 / 0", "ZeroDivisionError: division by zero"),
    "an exit when it is made": ("def made(): raise SystemExit", "SystemExit"),
    "no strategy": ("def made(): return 'often'", "it makes no Strategy, but 'often'"),
    "parts that fail": (
        "from harness.strategy import Strategy\ndef made(): return Strategy('x', lambda attempt: 1 / 0)",
        "ZeroDivisionError: division by zero",
    ),
}


def install(folder: Path, distribution: str, source: str, entries: str | None = None) -> None:
    """Install a distribution as a wheel installer leaves it, with one strategy of its name."""
    module = distribution.replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(source))
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    entries = entries or f"{distribution} = {module}:made\n"
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{entries}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder where packages are installed; nothing that is loaded from there outlasts the test."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    installed.cache_clear()
    yield tmp_path
    installed.cache_clear()
    for name in set(sys.modules) - before:
        if name in {"works", "bad_strategies"}:
            del sys.modules[name]


@pytest.mark.parametrize(("source", "words"), (ON_IMPORT | ON_USE).values(), ids=ON_IMPORT | ON_USE)
def test_the_others_are_listed_and_a_line_names_the_one_that_fails(
    folder: Path, source: str, words: str
) -> None:
    install(folder, "works", WORKS)
    install(folder, "bad-strategies", source)
    listed = harness("strategies", cwd=folder)
    assert listed.returncode == 0
    assert "works " in listed.stdout
    (line,) = listed.stderr.splitlines()
    assert line.startswith("warning: the plug-in bad-strategies has the strategy 'bad-strategies'")
    assert words in line
    named = harness("strategies", "bad-strategies", cwd=folder)
    assert named.returncode == ExitCode.INVALID_INPUT
    assert words in named.stderr
    assert "uninstall bad-strategies" in named.stderr


@pytest.mark.parametrize(("source", "words"), ON_IMPORT.values(), ids=ON_IMPORT)
def test_a_misspelt_name_loads_none_and_its_own_name_says_why_it_fails(
    folder: Path, source: str, words: str
) -> None:
    install(folder, "bad-strategies", source)
    misspelt = harness("predict", "bad-strategie", cwd=folder)
    assert misspelt.returncode == ExitCode.INVALID_INPUT
    assert "no strategy is called 'bad-strategie'" in misspelt.stderr
    assert "Did you mean bad-strategies" in misspelt.stderr
    assert words not in misspelt.stderr
    for command in (("predict",), ("run", "script-install", "--generated", "--strategy")):
        wanted = harness(*command, "bad-strategies", cwd=folder)
        assert wanted.returncode == ExitCode.INVALID_INPUT
        assert "the plug-in bad-strategies has the strategy 'bad-strategies'" in wanted.stderr
        assert words in wanted.stderr


def test_entry_points_that_cannot_be_read_are_named_too(folder: Path) -> None:
    install(folder, "works", WORKS)
    install(folder, "bad-strategies", "", "a line without an equals sign\n")
    listed = harness("strategies", cwd=folder)
    assert listed.returncode == 0
    assert "works " in listed.stdout
    assert "the entry points of bad-strategies cannot be read" in listed.stderr
    used = harness("predict", "works", "--json", cwd=folder)
    assert "is made of code" in used.stderr


def test_what_is_registered_for_pydantic_is_not_loaded(tmp_path: Path) -> None:
    install(tmp_path, "bad", "raise SystemExit('loaded')")
    (info,) = tmp_path.glob("*.dist-info")
    (info / "entry_points.txt").write_text("[pydantic]\nbad = bad:made\n")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "strategies"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path.cwd())])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
