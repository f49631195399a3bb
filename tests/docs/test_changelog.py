"""The tables of renames are true: what is read from old files ends up under the new names."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from commands_page import commands
from json_page import OUTPUTS
from pydantic import TypeAdapter

from harness.frames.definition import TABLES
from harness.record.migrate import EXPORTS, MANIFESTS, TRIALS, VALUES, migrated
from harness.record.trial_record import SCHEMA
from harness.scenario.older_schemas import upgraded_profile, upgraded_scenario

TEXT = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The rows of the table below a heading, without backticks."""
    _, found, after = TEXT.partition(f"\n#### {title}")
    assert found, f"no heading {title}"
    lines = re.split(r"\n#{2,4} ", after)[0].splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in table]


def nested(path: str, value: object = 1) -> dict[str, Any]:
    """An object with one value at a dotted path; operations and the like are lists."""
    first, _, rest = path.partition(".")
    if not rest:
        return {first: value}
    inner = nested(rest, value)
    return {first: [inner] if first in {"operations", "holds", "scenarios", "strategies"} else inner}


def paths(data: object, before: str = "") -> set[str]:
    """The dotted paths of all values of an object."""
    if isinstance(data, dict):
        return {path for key, value in data.items() for path in paths(value, f"{before}.{key}")}
    if isinstance(data, list):
        return {path for value in data for path in paths(value, before)}
    return {before.removeprefix(".")}


@pytest.mark.parametrize(("was", "now"), rows("Scenario files"))
def test_keys_of_scenario_files(was: str, now: str) -> None:
    old = {"interference": ["brief"], "strategies": [{"use": "policy", "policy": "10ms for 1s"}]}
    new = upgraded_scenario({"schema": 1, **old})
    assert was in str(old)
    assert now in [*new, *new["strategies"][0]]
    assert was not in str(new)


@pytest.mark.parametrize(("was", "now"), rows("Profile files"))
def test_keys_of_profile_files(was: str, now: str) -> None:
    assert paths(upgraded_profile({"schema": 1, **nested(was)})) == {"schema", now}


@pytest.mark.parametrize(("was", "now"), rows("Records"))
def test_keys_and_values_of_records(was: str, now: str) -> None:
    if was.startswith("outcome"):
        old, new = {"outcome": was.split()[1]}, {"outcome": now.split()[1]}
        assert {old["outcome"]: new["outcome"]} == VALUES[2]
        assert migrated({"schema": 2, **old}, "here", TRIALS) == {"schema": SCHEMA, **new}
    else:
        made = migrated({"schema": 2, **nested(was)}, "here", TRIALS)
        assert paths(made) == {"schema", now}


@pytest.mark.parametrize(("was", "now"), rows("Manifests"))
def test_keys_of_manifests(was: str, now: str) -> None:
    old = nested(was)
    entry = old["scenarios"][0]
    if "ambient" in was:  # profiles are a table by name
        entry["profiles"] = {"p": {"schema": 1, **entry["profiles"]}}
        was, now = (path.replace("profiles.", "profiles.p.") for path in (was, now))
    if "scenario" in entry:
        entry["scenario"]["schema"] = 1
    before = paths(copy.deepcopy(old))
    after = paths(migrated({"schema": 2, **old}, "here", MANIFESTS))
    assert was in before
    assert now in after
    assert was not in after


def test_columns() -> None:
    listed = {
        tuple(now.split(".")): None if was == "none" else was.split(".")[1]
        for was, now in rows("Columns of data frames")
    }
    known = {(table, new): old for table, renamed in EXPORTS[2].items() for new, old in renamed.items()}
    assert listed == known
    for table, column in listed:
        assert column in {each.name for each in TABLES[table]}


def key_paths(model: type[Any]) -> set[str]:
    """The dotted paths of all keys of an output."""
    schema = TypeAdapter(model).json_schema(by_alias=True, mode="serialization")

    def walk(part: Any, before: str) -> Iterator[str]:
        if "$ref" in part:
            yield from walk(schema["$defs"][part["$ref"].rsplit("/", 1)[1]], before)
        for key, inner in part.get("properties", {}).items():
            yield f"{before}{key}"
            yield from walk(inner, f"{before}{key}.")
        for inner in (part.get("items", False), *part.get("anyOf", ())):
            if inner:
                yield from walk(inner, before)

    return set(walk(schema, ""))


@pytest.mark.parametrize(("command", "was", "now"), rows("JSON"))
def test_keys_of_json(command: str, was: str, now: str) -> None:
    name, *options = command.split()
    (keys, *_) = [
        key_paths(model)
        for spelled, model in OUTPUTS.items()
        if spelled.split()[1] == name and all(option in spelled for option in options)
    ]
    if name == "strategies" and was != "a list":
        was, now = f"strategies.{was}", f"strategies.{now}"
    assert now.split(",", maxsplit=1)[0] in keys
    assert was not in keys


@pytest.mark.parametrize(("was", "now"), rows("Commands"))
def test_commands(was: str, now: str) -> None:
    assert was.split()[1] not in commands()
    assert now.startswith("nox ") or now.split()[1] in commands()


@pytest.mark.parametrize(("was", "now"), rows("Python")[1:])
def test_python_names(was: str, now: str) -> None:
    assert found(now) is not None
    assert found(was) is None


def found(dotted: str) -> object:
    """What a dotted name stands for, if anything."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for name in parts[length:]:
            thing = getattr(thing, name, None)
        return thing
    return None
