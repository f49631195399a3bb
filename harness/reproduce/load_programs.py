"""Load program scenarios: shipped ones by name, others by their path. Loading runs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from harness.errors import InvalidFilesError, InvalidInputError, Problem, together
from harness.outside_files import check_regular, read_regular
from harness.reproduce.model import ProgramScenario, unknown_releases
from harness.scenario.load import MAX_FILE_BYTES, shipped_folder
from harness.scenario.problems import problems_of
from harness.scenario.toml_text import read_toml
from harness.text import did_you_mean

PROGRAMS: Final = "programs"
"""The folder of the shipped program scenarios, below that of the others."""


@dataclass(frozen=True, slots=True)
class LoadedProgram:
    """A valid program scenario and the hash of its text.

    `shipped`: it is one of ours, and so may be run without asking.
    """

    name: str
    scenario: ProgramScenario
    shipped: bool
    sha256: str


def program_names() -> list[str]:
    """Return the names of all shipped program scenarios, sorted."""
    return sorted(path.stem for path in (shipped_folder() / PROGRAMS).glob("*.toml"))


def load_programs(names: Sequence[str]) -> list[LoadedProgram]:
    """Load program scenarios.

    A name stands for all shipped ones that begin with it, so that an issue's stands for its write paths.
    Raises `InvalidInputError` for a name that stands for none, `InvalidFilesError` with all problems.
    """
    unknown: list[InvalidInputError] = []
    problems: list[Problem] = []
    loaded: dict[str, LoadedProgram] = {}
    for name in names:
        try:
            for path in _found(name):
                loaded[str(path)] = _load(path)
        except InvalidFilesError as error:
            problems += error.problems
        except InvalidInputError as error:
            unknown.append(error)
    if problems:
        hint = "docs/how-to/reproduce.md explains the keys."
        unknown.append(InvalidFilesError(list(dict.fromkeys(problems)), hint=hint))
    if unknown:
        raise together(unknown)
    return list(loaded.values())


def _found(name: str) -> list[Path]:
    folder = shipped_folder() / PROGRAMS
    names = program_names()
    chosen = [name] if name in names else [each for each in names if each.startswith(f"{name}-")]
    if chosen:
        return [folder / f"{each}.toml" for each in chosen]
    path = Path(name)
    if path.suffix == ".toml":
        try:
            check_regular(path)
        except OSError as error:
            raise InvalidInputError(f"{name}: there is no such file") from error
        return [path]
    raise InvalidInputError(
        f"no report with a program is called {name!r}, and it is not a .toml file",
        hint=f"{did_you_mean(name, names)}`harness reproduce --list` shows the shipped ones.",
    )


def _load(path: Path) -> LoadedProgram:
    text = _text(path)
    raw = read_toml(text, path.name)
    try:
        scenario = ProgramScenario.model_validate(raw)
    except ValidationError as error:
        raise InvalidFilesError(list(problems_of(error, path.name, ProgramScenario))) from error
    problems = [
        Problem(path.name, key, ", ".join(found), "a release of the program")
        for key, found in unknown_releases(scenario).items()
    ]
    if problems:
        raise InvalidFilesError(problems)
    shipped = path.parent.resolve() == (shipped_folder() / PROGRAMS).resolve()
    return LoadedProgram(path.stem, scenario, shipped, hashlib.sha256(text.encode()).hexdigest())


def _text(path: Path) -> str:
    try:
        return read_regular(path, MAX_FILE_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: not UTF-8 text", hint="Save the file as UTF-8.") from error
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
