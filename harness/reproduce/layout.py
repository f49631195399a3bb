"""Lay out a program scenario in a sandbox: archives, files, a virtual environment, what prepares it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.errors import HarnessError, NotSupportedError
from harness.reproduce.build import build
from harness.reproduce.execution import Execution
from harness.reproduce.model import Archived, ProgramScenario
from harness.reproduce.registry import PinnedArchive
from harness.reproduce.sandbox import Sandbox
from harness.reproduce.venv import make_venv
from harness.wine.junctions import with_junctions

_OF_PYTHON: Final = re.compile(r"3\.\d+\.\d+")
PREPARING_S: Final = 120.0
"""The time limit of a command that only prepares."""


def lay_out(scenario: ProgramScenario, version: str, box: Sandbox) -> None:
    """Make what every run of a release begins with, and keep it as the sandbox's template.

    Raises `PayloadUnavailableError` if an archive cannot be had, `NotSupportedError` if a compiler is
    missing or the Python here is another one, and `HarnessError` if a command that prepares fails.
    """
    _require_its_python(scenario, version, box.lab.windows_python)
    box.names.update({"version": version, "python": box.lab.spelled(box.lab.python)})
    if scenario.junctions and box.lab.name == "wine":  # Windows makes them itself
        box.starter.append(box.lab.spelled(with_junctions()))
    for name, archived, pinned in _archives(scenario, version):
        _place(pinned.obtained(), name, archived, box)
    if scenario.built is not None:
        if not box.lab.sees_calls:
            raise NotSupportedError("it is built from source, which needs Linux")
        program = build(scenario.built, version, box.folder / "built", scenario.lab)
        box.names["program"] = box.lab.spelled(program)
    for relative, content in scenario.files.items():
        path = box.work / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    if scenario.venv is not None and box.lab.windows_python is not None:
        make_venv(box.work / scenario.venv, box.lab)
    for command in scenario.prepare:
        run = box.run(command, environment=scenario.environment, timeout_s=PREPARING_S, fresh=False)
        require_success(run, "preparing")
    box.keep_as_template()


def _require_its_python(scenario: ProgramScenario, version: str, here: str | None) -> None:
    """Raise `NotSupportedError` if the release is one of Python, and the one that is `here` another."""
    of_python = scenario.program is None and scenario.built is None and scenario.command[0] == "{python}"
    if of_python and here not in {None, version} and _OF_PYTHON.fullmatch(version):
        raise NotSupportedError(f"it is about Python {version}, and the Python here is {here}")


def require_success(run: Execution, when: str, hint: str | None = None) -> None:
    """Raise `HarnessError` unless a run ended with code 0."""
    if run.exit_code != 0:
        code = "did not end" if run.exit_code is None else f"ended with code {run.exit_code}"
        message = f"{when} it {code}: {run.last_words or 'it printed nothing'}"
        raise HarnessError(message, hint=hint)


def _place(path: Path, name: str, archived: Archived, box: Sandbox) -> None:
    """Put an archive, or what is in it, where the scenario says."""
    if archived.packed:
        target = box.work / (archived.to or "") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        return
    folder = box.unpacked(path, name)
    if archived.to is None:
        box.names[name] = box.lab.spelled(folder)
    else:
        shutil.copytree(folder, box.work / archived.to)


def _archives(scenario: ProgramScenario, version: str) -> Iterator[tuple[str, Archived, PinnedArchive]]:
    """Yield what a release needs: its name in commands, where it goes, and its archive."""
    if scenario.program is not None:
        sha256 = next(each.sha256 for each in scenario.program.releases if each.version == version)
        yield "program", scenario.program, _pinned(scenario.program, version, sha256)
    for name, part in scenario.parts.items():
        if part.only is None or version in part.only:
            yield name, part, _pinned(part, part.version, part.sha256)


def _pinned(archived: Archived, version: str, sha256: str) -> PinnedArchive:
    file = None if archived.file is None else archived.file.replace("{version}", version)
    return PinnedArchive(archived.source, archived.project, version, sha256, file)
