"""The examples of other languages hold a file, and are right about who is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, blocks_of

from harness.isolated_python import python_environment

PAGE = ROOT / "docs" / "how-to" / "hold-from-any-language.md"
EXAMPLES = {block.language: block.text for block in blocks_of(PAGE) if block.language != "console"}
MOST_LINES = 25
SHOWN = "while it is held: 1\nafter it: 0\n"


def test_each_example_is_short() -> None:
    assert set(EXAMPLES) == {"python", "javascript", "rust", "go"}
    for language, text in EXAMPLES.items():
        assert len(text.splitlines()) <= MOST_LINES + 1, language  # and its name


@pytest.mark.skipif(sys.platform != "linux", reason="programs that refuse their own calls need Linux")
@pytest.mark.parametrize(
    ("language", "file", "build", "run"),
    [
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
    (tmp_path / file).write_text(EXAMPLES[language])
    # its `python` is this one
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**python_environment(), "PATH": path}
    if build:
        subprocess.run(build, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60)
    shown = subprocess.check_output(run, cwd=tmp_path, env=environment, text=True, timeout=60)
    assert shown == SHOWN
