"""The strategies that notation can describe, as data: one TOML file a system, beside this one.

A new file here is a new system; nothing else changes. Every strategy has its source, and is found by
its id, by its system, or by system and version. Any of them may have parameters; those in
``tunable.toml`` belong to no system: the baseline, and what is there to be tuned.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.errors import InvalidFilesError, Problem
from harness.strategy.catalogue.checking import problems_in
from harness.strategy.template import Template

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from harness.strategy.loop import Strategy
    from harness.strategy.spec import StrategySpec

OperationName = Literal["rename", "replace", "delete", "delete-tree", "copy", "open", "write", "any"]
Verified = Literal["source", "source-index", "partial", "issue"]

VERIFIED: Final[Mapping[Verified, str]] = {
    "source": "read in its source, at the commit named",
    "source-index": "read in its source; the commit is not known",
    "partial": "read in part",
    "issue": "reported in a public thread",
}
MOVING: Final = frozenset({"rename", "replace", "write", "any"})
"""The operations that bring something to its final name."""
_TUNABLE: Final = "tunable.toml"


@dataclass(frozen=True)
class CatalogueEntry:
    """One strategy of one system."""

    id: str
    """Its name."""
    title: str
    """One line about it."""
    operation: OperationName
    """Operation that it is made for."""
    objects: tuple[str, ...]
    """What is operated on."""
    mode: Literal["sync", "async", "both"]
    """Whether the software does it synchronously, asynchronously, or both."""
    primitive: str
    """System call that is retried."""
    notation: str
    """Notation, with its parameters by name."""
    retried: str
    """What is retried, in the source's own words."""
    source: str
    """Repository, commit, file and line."""
    verified: Verified
    """How far the entry was verified."""
    note: str
    """What is worth knowing."""
    since: str = ""
    """First version that has it, as far as known."""
    until: str = ""
    """Last version that has it, as far as known."""
    versions: str = ""
    """What ``since`` and ``until`` cannot express."""
    links: tuple[str, ...] = ()
    """Addresses of threads and documents."""
    differs: str = ""
    """What the software does that notation cannot express, or that is done differently here."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Parameters with their defaults."""
    system: str = ""
    """Name of the system."""

    @property
    def template(self) -> Template:
        """Its notation with its parameters."""
        return Template(self.notation, self.parameters, f"{self.system}.toml: {self.id}")

    @cached_property
    def spec(self) -> StrategySpec:
        """What it does, with its parameters at their defaults."""
        return self.template.spec()

    def strategy(self) -> Strategy:
        """Make the strategy."""
        return self.spec.strategy(self.id)

    @property
    def when(self) -> str:
        """Its versions as text: ``0.5.17 to 0.9.28``, ``since 0.9.29``; empty if not known."""
        return "; ".join(filter(None, (self.version_range, self.versions)))

    @property
    def version_range(self) -> str:
        """The same from `since` and `until` alone."""
        if self.since == self.until:
            return self.since
        if not self.until:
            return f"since {self.since}"
        return f"{self.since} to {self.until}" if self.since else f"up to {self.until}"

    def is_in(self, version: tuple[int, ...]) -> bool:
        """Return whether that version has it, according to `since` and `until`."""
        return (not self.since or _version(self.since) <= version) and (
            not self.until or version <= _version(self.until)
        )


@dataclass(frozen=True)
class System:
    """A piece of software; its first strategy is the one that is meant when only it is named."""

    name: str
    title: str
    about: str
    repository: str
    entries: tuple[CatalogueEntry, ...] = field(repr=False)
    used_by: tuple[str, ...] = ()
    """Names of other software that retries with this, and has no entry of its own for that."""


@dataclass(frozen=True)
class Tunable:
    """A strategy of no system, with parameters or as a baseline."""

    about: str
    template: Template


@cache
def tunable() -> Mapping[str, Tunable]:
    """Return the strategies of ``tunable.toml`` by name."""
    return {
        entry["id"]: Tunable(entry["about"], Template(entry["notation"], entry.get("parameters", {})))
        for entry in _read(files(__name__) / _TUNABLE)["strategy"]
    }


@cache
def systems() -> Mapping[str, System]:
    """Return all systems by name, in alphabetical order."""
    names = sorted(file.name for file in files(__name__).iterdir() if file.name.endswith(".toml"))
    found = [_system(files(__name__) / name) for name in names if name != _TUNABLE]
    return {system.name: system for system in sorted(found, key=lambda system: system.name)}


def used_by(name: str) -> list[str]:
    """Return the systems whose strategies some other software uses."""
    return [system.name for system in systems().values() if name.lower() in system.used_by]


@cache
def entries() -> Mapping[str, CatalogueEntry]:
    """Return the strategies of all systems by id, in the order of the systems and their files."""
    return {entry.id: entry for system in systems().values() for entry in system.entries}


def select(name: str) -> list[CatalogueEntry]:
    """Return the strategies of that name: an id, a system (all of its), or a system and a version.

    ``uv`` gives all of uv's, ``uv-0.5.17`` those that were in uv 0.5.17. Empty if there are none.
    """
    if name in entries():
        return [entries()[name]]
    if name in systems():
        return list(systems()[name].entries)
    system, _, version = name.rpartition("-")
    if system in systems() and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})*", version):
        return [entry for entry in systems()[system].entries if entry.is_in(_version(version))]
    return []


def _read(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        problem = Problem(file.name, "the file", f"not valid TOML: {error}")
        raise InvalidFilesError([problem], hint=_HINT) from error


def _system(file: Traversable) -> System:
    """Make a system of a file. Raises `InvalidFilesError` with all that is wrong with it."""
    table = _read(file)
    name, written = table.pop("system", None), table.pop("strategy", [])
    problems = list(problems_in(table, System, file.name, other=("name", "entries")))
    if not isinstance(name, str):
        problems.append(Problem(file.name, "system", repr(name), "the name of the system"))
    if not (isinstance(written, list) and written and all(isinstance(each, dict) for each in written)):
        problems.append(Problem(file.name, "strategy", repr(written), "at least one [[strategy]]"))
    for number, entry in enumerate([] if problems else written):
        where = f"strategy[{number}]."
        problems += problems_in(entry, CatalogueEntry, file.name, where, other=("system",))
    if problems:
        raise InvalidFilesError(problems, hint=_HINT)
    return System(name, entries=tuple(_entry(entry, name) for entry in written), **_with_tuples(table))


_HINT: Final = "harness/strategy/catalogue has examples: each key is explained in its `CatalogueEntry`."


def _entry(entry: dict[str, Any], system: str) -> CatalogueEntry:
    return CatalogueEntry(**_with_tuples(entry), system=system)


def _with_tuples(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
