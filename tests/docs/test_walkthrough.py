"""Each page can be followed from its first line to its last, and its commands print what it shows.

In a folder of its own, blocks whose first line names a file are saved under that name, and commands
that run Python files or the harness are run, on the emulated platform. Of shown output, each stretch
between lines of ``...`` must be printed, in order, whatever the width of the terminal; ``...`` within
a line stands for anything.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_lab import harness
from doc_pages import PAGES, ROOT, Block, blocks_of, name_of
from pytest_plugin_lab import plugin_options

from harness.strategy.lookup import installed

WALKED = [page for page in PAGES if page.name != "CHANGELOG.md"]
NOT_RUN = {
    "--platform wine": "needs Wine",
    "reproduce uv-1491": "needs Wine",
    "probe --report": "needs Wine",
    "probe --files": "has a program of somebody's own",
    "location=": "is for Windows",
    **({} if sys.platform == "linux" else {"harness reproduce": "needs Linux"}),
}
"""Commands that have these words are not run here, and show no output."""
BENCH = "python -m nox -s bench -- "
PLATFORM = ("--platform", "emulated")
PYTEST = "python -m pytest "
FAILING = ("error:", "FAILED ", "loses data:")
"""How a line of shown output begins where the command is to fail."""


def as_arguments(command: str) -> list[str] | None:
    """The arguments of `harness` that a command stands for; ``None`` if it is not run."""
    command = command.replace(BENCH, "harness run ")
    if not command.startswith("harness ") or (
        any(words in command for words in NOT_RUN) and "generated" not in command
    ):
        return None
    return shlex.split(command, comments=True)[1:]


class Reader:
    """Someone who does what a page says, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "results").mkdir()
        (folder / "results" / "reference").symlink_to(ROOT / "results" / "reference")
        self.newest: dict[str, str] = {}
        """The newest run of each results folder, for ``RUN`` in commands."""
        self.environment = {
            "COLUMNS": "160",
            "PYTHONUTF8": "1",
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, folder))),
            "HARNESS_DATA": str(folder / "data"),  # none of what this user added
        }

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.file is not None:
            target = self.folder / block.file
            target.parent.mkdir(exist_ok=True)
            target.write_text(block.content, encoding="utf-8")
        if block.language == "console":
            for command, shown in block.commands():
                if command == "python -m pip install ." and (self.folder / "pyproject.toml").is_file():
                    self.install()
                fails = any(line.startswith(FAILING) for line in shown)
                arguments = as_arguments(command)
                if arguments is not None:
                    check_shown(shown, self.harness(arguments, fails=fails))
                elif script := re.fullmatch(r"python (\w+\.py)", command):
                    check_shown(shown, self.execute([script[1]], fails=fails))
                elif command.startswith(PYTEST):
                    tests = shlex.split(command.removeprefix(PYTEST))
                    options = ("-p", "no:cacheprovider", *plugin_options())
                    check_shown(shown, self.execute(["-m", "pytest", *options, *tests], fails=fails))
                else:
                    assert not shown, f"{command} is not run, so what it prints is not known"

    def install(self) -> None:
        """Install the distribution in the folder as far as plug-ins need it: no index is asked."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        told = self.folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
        lines = [
            line
            for group, entries in project["entry-points"].items()
            for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
        ]
        (told / "entry_points.txt").write_text("\n".join(lines))

    def harness(self, arguments: list[str], *, fails: bool) -> str:
        """Run a command of the harness, and return what it prints."""
        arguments = [self._with_run(each) for each in arguments]
        if arguments[0] == "run" and not {*PLATFORM, "--resume"} & {*arguments}:
            arguments += PLATFORM
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.syspath_prepend(self.folder)
            done = harness(*arguments, cwd=self.folder, together=True)
        self.forget()
        printed = done.stdout
        assert bool(done.returncode) == fails, f"{arguments}: {printed}"
        self.newest |= dict(re.findall(r"Run: (\w+)[/\\](\S+)", printed))
        return printed

    def forget(self) -> None:
        """Forget all code that was loaded from the folder, as the end of a process does."""
        installed.cache_clear()
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None) or "").startswith(str(self.folder)):
                del sys.modules[name]

    def _with_run(self, argument: str) -> str:
        folder, _, run = argument.partition("/")
        return f"{folder}/{self.newest[folder]}" if run == "RUN" else argument

    def execute(self, arguments: list[str], *, fails: bool = False) -> str:
        """Run Python in the folder of the page; both streams come as they are printed."""
        done = subprocess.run(
            [sys.executable, "-u", *arguments],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            encoding="utf-8",
        )
        assert bool(done.returncode) == fails, f"{arguments}: {done.stdout}"
        return done.stdout


def check_shown(shown: list[str], printed: str) -> None:
    """Check that what a page shows is printed: each stretch between lines of ``...``, in order."""
    rest = " ".join(printed.split())
    for stretch in "\n".join(shown).split("\n...\n" if "\n...\n" in "\n".join(shown) else "\0"):
        lines = [line for line in stretch.splitlines() if line != "..."]
        wanted = " ".join(" ".join(lines).split())
        pattern = ".*?".join(re.escape(part) for part in wanted.split("..."))
        found = re.search(pattern, rest)
        assert found, f"not printed:\n{stretch}\n\nbut:\n{printed}"
        rest = rest[found.end() :]


@pytest.mark.parametrize("page", WALKED, ids=name_of)
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in blocks_of(page):
        reader.follow(block)


@pytest.mark.parametrize("page", WALKED, ids=name_of)
def test_every_python_file_that_is_shown_is_used(page: Path) -> None:
    blocks = blocks_of(page)
    commands = [command for block in blocks for command, _ in block.commands()]
    for block in blocks:
        if block.language == "python":
            assert block.file is not None, "its first line says under which name it is saved"
            run = {f"python {block.file}", f"{PYTEST}-q {block.file}"}
            is_run = any(command.startswith(tuple(run)) for command in commands)
            is_imported = f"import {block.file.removesuffix('.py')}\n" in page.read_text("utf-8")
            assert is_run or is_imported or "@strategy(" in block.text, block.file


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        (["a  b", "c"], "x\na b\n  c\ny", True),
        (["a", "c"], "a\nb\nc", False),
        (["a", "...", "c"], "a\nb\nc", True),
        (["c", "...", "a"], "a\nb\nc", False),
        (["about ... s"], "about 3 s", True),
        (["...", "c"], "a\nb\nc", True),
    ],
)
def test_output_that_is_shown_is_compared(shown: list[str], printed: str, fits: bool) -> None:
    if fits:
        check_shown(shown, printed)
    else:
        with pytest.raises(AssertionError, match="not printed"):
            check_shown(shown, printed)


def test_a_page_whose_command_prints_something_else_is_found(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    with pytest.raises(AssertionError, match="not printed"):
        reader.follow(Block("console", '$ harness predict "plain"\n7 attempts\n'))


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    commands = [
        command
        for page in WALKED
        for block in blocks_of(page)
        if block.language == "console"
        for command, _ in block.commands()
    ]
    for words in NOT_RUN:
        assert any(words in command for command in commands), words
