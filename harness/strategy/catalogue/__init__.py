"""The policies that real software ships, as data: one TOML file a system, beside this one.

A new file there is a new system; nothing else changes. Every policy is one sentence of the policy
language, with its source, and is found by its id, by its system, or by system and version.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal

from harness.strategy.loop import Strategy  # noqa: TC001 - looked up when parameters are checked
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.strategy.spec import Sentence

OperationName = Literal["rename", "replace", "delete", "delete-tree", "copy", "open", "write", "any"]
Verified = Literal["source", "source-index", "partial", "issue"]

VERIFIED: Final[Mapping[Verified, str]] = {
    "source": "read in its source, at the commit named",
    "source-index": "read in its source; the commit is not known",
    "partial": "read in part",
    "issue": "told in a public thread",
}


@dataclass(frozen=True)
class ShippedPolicy:
    """One policy of one system.

    `since` and `until` are its first and its last version, as far as known; `versions` says what they
    cannot. `retried` is what is retried in the source's own words. `differs` says what the software
    does that the sentence cannot say, or that is done otherwise here.
    """

    id: str
    title: str
    operation: OperationName
    objects: tuple[str, ...]
    mode: Literal["sync", "async", "both"]
    primitive: str
    policy: str
    retried: str
    source: str
    verified: Verified
    note: str
    since: str = ""
    until: str = ""
    versions: str = ""
    links: tuple[str, ...] = ()
    differs: str = ""
    system: str = ""

    @cached_property
    def sentence(self) -> Sentence:
        """What it does, in plain terms."""
        return parse(self.policy)

    def strategy(self) -> Strategy:
        """The strategy that does it."""
        return self.sentence.strategy(self.id)

    @property
    def when(self) -> str:
        """Its versions as text: ``0.5.17 to 0.9.28``, ``since 0.9.29``; empty if not known."""
        match self.since, self.until:
            case "", "":
                known = ""
            case since, "":
                known = f"since {since}"
            case "", until:
                known = f"up to {until}"
            case since, until:
                known = since if since == until else f"{since} to {until}"
        return "; ".join(filter(None, (known, self.versions)))

    def is_in(self, version: tuple[int, ...]) -> bool:
        """Whether that version has it, as far as `since` and `until` say."""
        return (not self.since or _version(self.since) <= version) and (
            not self.until or version <= _version(self.until)
        )


@dataclass(frozen=True)
class System:
    """A piece of software; its first policy is the one that is meant when only it is named."""

    name: str
    title: str
    about: str
    repository: str
    policies: tuple[ShippedPolicy, ...] = field(repr=False)


@cache
def systems() -> Mapping[str, System]:
    """All systems by name, in alphabetical order."""
    folder = files(__name__)
    found = (
        _system(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    )
    return {system.name: system for system in sorted(found, key=lambda system: system.name)}


@cache
def policies() -> Mapping[str, ShippedPolicy]:
    """All policies by id, in the order of the systems and their files."""
    return {policy.id: policy for system in systems().values() for policy in system.policies}


def select(name: str) -> list[ShippedPolicy]:
    """The policies of that name: an id, a system (all of its), or a system and a version.

    ``uv`` gives all of uv's, ``uv-0.5.17`` those that were in uv 0.5.17. Empty if there are none.
    """
    if name in policies():
        return [policies()[name]]
    if name in systems():
        return list(systems()[name].policies)
    system, _, version = name.rpartition("-")
    if system in systems() and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})*", version):
        return [policy for policy in systems()[system].policies if policy.is_in(_version(version))]
    return []


def _system(table: dict[str, Any]) -> System:
    """Make a system of a file's content. A test checks the content against the types above."""
    return System(
        table["system"],
        table["title"],
        table["about"],
        table["repository"],
        tuple(_policy(entry, table["system"]) for entry in table["policy"]),
    )


def _policy(entry: dict[str, Any], system: str) -> ShippedPolicy:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return ShippedPolicy(**fields, system=system)


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
