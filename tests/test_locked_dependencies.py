"""Continuous integration installs what `.ci` pins by hash, which is what `pyproject.toml` asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
CI = ROOT / ".ci"
pytestmark = pytest.mark.skipif(not CI.is_dir(), reason="this is not a checkout")


def pinned(name: str) -> dict[str, list[Requirement]]:
    """The pins of a file, by name; a name has several where Python versions differ."""
    found: dict[str, list[Requirement]] = {}
    text = (CI / name).read_text(encoding="utf-8")
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        if not entry.startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=", entry)
            assert hashes, entry
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes)
            pin = Requirement(requirement)
            found.setdefault(pin.name, []).append(pin)
    return found


def declared() -> Iterator[str]:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    yield from data["build-system"]["requires"]
    yield from data["project"]["dependencies"]
    for group in [
        *data["project"]["optional-dependencies"].values(),
        *data["dependency-groups"].values(),
    ]:
        yield from (entry for entry in group if isinstance(entry, str))  # others include a group


@pytest.mark.parametrize("text", sorted(set(declared())))
def test_every_declared_dependency_is_pinned_to_a_version_that_it_allows(text: str) -> None:
    """Where this fails, `nox -s lock` pins the new dependency."""
    requirement = Requirement(text)
    pins = pinned("constraints.txt")[requirement.name]
    for pin in pins:
        (equals,) = pin.specifier
        assert equals.operator == "=="
        assert requirement.specifier.contains(equals.version)


def test_what_ci_starts_with_is_pinned_to_the_same_versions() -> None:
    every = pinned("constraints.txt")
    first = pinned("nox.txt")
    assert {"nox", "uv"} <= set(first)
    assert all(
        str(pin.specifier) in {str(each.specifier) for each in every[name]}
        for name, pins in first.items()
        for pin in pins
    )


def test_whatever_ci_installs_is_pinned() -> None:
    files = [CI / "run", *(ROOT / ".github" / "workflows").glob("*.yml")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    installs = [line for line in lines if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line or "--constraint .ci/constraints.txt" in line
