"""A program scenario, as its TOML file has it: a program, its command, what is denied and expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.holds.strict import Line, Prose, Strict
from harness.preload.denial import Call, Denial, Effect, PreloadLab, Side
from harness.reproduce.ending import Ending
from harness.reproduce.registry import Registry
from harness.scenario.names import Name, Sha256, is_portable_name

SCHEMA: Final = 1
Version = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+_-]{0,49}$")]
PROJECT: Final = (
    r"^(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
    r"(:[A-Za-z0-9][A-Za-z0-9._-]{0,99}:[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$"
)
"""A project's name: plain, in a scope, or the three of Maven."""
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9@{][A-Za-z0-9._+{}@-]{0,149}$")]


def _inside(path: str) -> str:
    if not all(is_portable_name(part) for part in path.split("/")):
        raise ValueError("must be a path below the run's folder, with / and names that Windows allows")
    return path


RelativePath = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_inside)]
"""A path below the run's folder, with ``/``."""


def _free(name: str) -> str:
    if name.lower() in NAMES:
        raise ValueError(f"must be another name: {{{name}}} stands for something already")
    return name


def _without_null(text: str) -> str:
    if "\0" in text:
        raise ValueError("must be text without null characters")
    return text


def _on_one_line(pattern: str) -> str:
    if not pattern.isprintable():
        raise ValueError("must be a pattern without line breaks and other control characters")
    return pattern


NAMES: Final = frozenset({"program", "version", "python", "work", "home"})
"""What ``{…}`` stands for in commands, besides parts."""
PartName = Annotated[Name, AfterValidator(_free)]
Argument = Annotated[str, Field(max_length=4_000), AfterValidator(_without_null)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
PathPattern = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_on_one_line)]
Command = Annotated[list[Argument], Field(min_length=1, max_length=60)]
Patterns = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]
Files = Annotated[dict[RelativePath, Annotated[str, Field(max_length=20_000)]], Field(max_length=30)]
Seconds = Annotated[float, Field(gt=0, le=3_600)]


class Release(Strict):
    """A release of the program, with the hash of its archive."""

    version: Version
    sha256: Sha256


class Archived(Strict):
    """An archive from a registry, and where it goes.

    `pypi`: a file of a project on the package index, through pip's settings. `npm`: a package of the
    registry that npm is configured for. `maven`: a jar of the repository that Maven is configured for;
    its `project` is ``group:artifact:classifier``.
    """

    source: Annotated[Registry, Field(alias="from")]
    project: Annotated[str, Field(pattern=PROJECT)]
    file: FileName | None = None
    """The name of the file on the package index; ``{version}`` stands for the release."""
    to: RelativePath | None = None
    """A folder of the run, into which it goes; by default it stays outside of it."""
    packed: bool = False
    """Whether the archive itself goes there."""

    @model_validator(mode="after")
    def _named(self) -> Archived:
        if (self.file is None) == (self.source == "pypi"):
            raise ValueError("must have a `file` if it is from pypi, and none if it is not")
        if (self.source == "maven") != (":" in self.project):
            raise ValueError(
                "must have a `project` group:artifact:classifier from maven, and only there"
            )
        return self


class Part(Archived):
    """What a program needs besides itself."""

    version: Version
    sha256: Sha256
    only: Annotated[list[Version], Field(min_length=1, max_length=60)] | None = None
    """The releases of the program that need it; by default all."""


class Program(Archived):
    """The program whose releases are compared, the oldest first."""

    releases: Annotated[list[Release], Field(min_length=1, max_length=60)]


class Built(Strict):
    """A program that is built from source; ``{version}`` stands for the release."""

    compiler: Literal["go", "cargo"]
    """``go`` builds a module, ``cargo`` a package called ``program``."""
    toolchain: Annotated[str, Field(pattern=r"^(\d+(\.\d+){1,2}|\{version\})$")]
    """The release of Go, or of Rust."""
    files: Files
    """Its sources, with the hashes of all that they need: ``go.sum``, or ``Cargo.lock``."""


class Denied(Strict):
    """A call that is denied; see `harness.preload.denial.Denial`."""

    call: Call
    path: PathPattern
    side: Side = "source"
    effect: Effect
    hold_s: Seconds | None = None
    first: Annotated[int, Field(ge=0, le=10_000)] = 0

    @property
    def denial(self) -> Denial:
        """The denial that it describes."""
        return Denial(self.call, self.path, self.effect, self.side, self.hold_s, self.first)


class ExpectedOf(Strict):
    """What is expected of some releases."""

    releases: Annotated[list[Version], Field(min_length=1, max_length=60)]
    endings: Annotated[list[Ending], Field(min_length=1, max_length=7)]
    says: Annotated[str, Field(min_length=2, max_length=300)] | None = None
    """Text that a line of its output contains, in any case."""
    attempts: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """The least and the most attempts on what is denied."""


class Announced(Strict):
    """The release that was announced to fix it."""

    release: Version
    by: Line
    """Who said so: release notes, or the change itself."""


class ProgramScenario(Strict):
    """The whole file."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    title: Line
    symptom: Line | None = None
    about: Prose | None = None
    reports: Annotated[list[Line], Field(min_length=1, max_length=20)]
    lab: PreloadLab = "wine"
    program: Program | None = None
    """``None``: one that is built, the lab's own Python, or a program of this machine."""
    built: Built | None = None
    parts: Annotated[dict[PartName, Part], Field(max_length=60)] = Field(default_factory=dict)
    files: Files = Field(default_factory=dict)
    """Files of the run's folder, with their content."""
    venv: RelativePath | None = None
    """A folder in which a virtual environment of the Windows Python is made."""
    prepare: Annotated[list[Command], Field(max_length=10)] = Field(default_factory=list)
    """Commands that run before anything is denied."""
    command: Command
    environment: Annotated[dict[Variable, Argument], Field(max_length=30)] = Field(default_factory=dict)
    junctions: bool = False
    """Whether it makes junctions, for which Wine 8.0 needs help."""
    time_limit_s: Seconds = 60.0
    any_content: Patterns = Field(default_factory=list)
    """Patterns of files whose content need not be the same each time, such as a cache of times."""
    announced: Announced | None = None
    denied: Annotated[list[Denied], Field(min_length=1, max_length=20)]
    expect: Annotated[list[ExpectedOf], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _consistent(self) -> ProgramScenario:
        if self.built is not None and self.program is not None:
            raise ValueError("must have a `program` or one that is `built`, not both")
        if self.built is not None and self.built.compiler == "go" and self.lab == "linux":
            raise ValueError('must have `lab = "wine"` with Go, whose native programs pass libc by')
        if self.junctions and self.lab == "linux":
            raise ValueError('must have `lab = "wine"` with junctions, which are of Windows')
        return self

    @property
    def versions(self) -> list[str]:
        """The releases of the program; of one without, those that something is expected of."""
        if self.program is not None:
            return [release.version for release in self.program.releases]
        return list(dict.fromkeys(version for each in self.expect for version in each.releases))

    @property
    def expected_versions(self) -> list[str]:
        """The releases that something is expected of; the others are there to be bisected."""
        expected = {version for each in self.expect for version in each.releases}
        return [version for version in self.versions if version in expected]


def release_order(version: str) -> list[int]:
    """A key to sort releases by: their numbers, by value."""
    return [int(number) for number in re.findall(r"\d+", version)]


def unknown_releases(scenario: ProgramScenario) -> Mapping[str, Any]:
    """The releases that something is expected of and that the program does not have, by their key."""
    if scenario.program is None:
        return {}
    known = set(scenario.versions)
    return {
        f"expect[{number}].releases": sorted(unknown)
        for number, each in enumerate(scenario.expect)
        if (unknown := set(each.releases) - known)
    }
