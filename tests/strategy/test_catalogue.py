"""The catalogue is whole and well-formed, and its strategies are found by id, system and version."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter

from harness.errors import InvalidInputError
from harness.strategy import catalogue, get_strategy, retried_codes, schedule
from harness.strategy.catalogue import CatalogueEntry, select

FILES = [
    file
    for file in files("harness.strategy.catalogue").iterdir()
    if file.name.endswith(".toml") and file.name != "tunable.toml"
]
ENTRIES = list(catalogue.entries().values())


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["strategy"]:
            yield file.name, entry


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_describes_the_system_it_is_named_after(file: Any) -> None:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    assert f"{table['system']}.toml" == file.name
    assert set(table) - {"used_by"} == {"system", "title", "about", "repository", "strategy"}
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", table["system"])
    assert table["repository"].startswith("https://")
    assert len(table["about"]) < 120


def test_every_entry_has_the_types_that_the_catalogue_declares() -> None:
    adapters = {name: TypeAdapter(hint) for name, hint in get_type_hints(CatalogueEntry).items()}
    for name, entry in entries():
        for key, value in entry.items():
            given = tuple(value) if isinstance(value, list) else value
            assert adapters[key].validate_python(given, strict=True) == given, f"{name}: {key}"


def test_a_name_has_one_meaning() -> None:
    ids = [entry["id"] for _, entry in entries()]
    assert len(ids) == len(set(ids)) == len(ENTRIES)
    # one name, one meaning: such a system has no other strategy than the one of its name
    assert all(
        len(catalogue.systems()[name].entries) == 1 for name in set(ids) & set(catalogue.systems())
    )


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_is_notation_with_a_source(entry: CatalogueEntry) -> None:
    listed = schedule(entry.strategy(), attempt_cost_ms=0.3)
    assert listed.verdict in {"not-retried", "exhausted"}
    assert entry.source
    assert entry.note
    assert entry.verified in catalogue.VERIFIED
    assert set(entry.objects) <= {"file", "directory"}
    assert entry.objects
    assert all(re.fullmatch(r"https://[^\s\"'<>]+", link) for link in entry.links)
    assert all(re.fullmatch(r"(\d+(\.\d+)*)?", version) for version in (entry.since, entry.until))
    retries = len(retried_codes(entry.strategy())) > 0
    assert retries == (entry.spec.retries != 0 and entry.spec.waits is not None)


def test_an_id_names_one_strategy() -> None:
    assert [entry.id for entry in select("uv-backon-9")] == ["uv-backon-9"]
    assert get_strategy("uv-backon-9").name == "uv-backon-9"


def test_a_system_names_all_of_its_strategies_and_stands_for_the_one_for_an_operation() -> None:
    assert [entry.id for entry in select("pip")] == ["pip-replace", "pip-rmtree"]
    assert get_strategy("pip", "replace").name == "pip-replace"
    assert get_strategy("pip", "delete-tree").name == "pip-rmtree"
    with pytest.raises(InvalidInputError, match="pip stands for several strategies") as refused:
        get_strategy("pip")
    assert "pip-rmtree" in (refused.value.hint or "")
    assert get_strategy("graceful-fs").name == "graceful-fs-60s"  # all of its are for renames


@pytest.mark.parametrize(
    ("name", "rename"),
    [
        ("uv-0.1.18", "uv-plain"),
        ("uv-0.1.19", "uv-rename-backoff"),
        ("uv-0.5.16", "uv-rename-backoff"),
        ("uv-0.5.17", "uv-backon-9"),
        ("uv-0.9.28", "uv-backon-9"),
        ("uv-0.9.29", "uv-backon-10"),
        ("uv-0.10", "uv-backon-10"),
        ("graceful-fs-4.1.9", "graceful-fs-1s"),
        ("graceful-fs-4.1.10", "graceful-fs-60s-nocheck"),
        ("graceful-fs-4.2.10", "graceful-fs-60s-noebusy"),
        ("graceful-fs-4.2.11", "graceful-fs-60s"),
    ],
)
def test_a_system_and_a_version_name_what_was_in_it(name: str, rename: str) -> None:
    renames = [entry.id for entry in select(name) if entry.operation == "rename"]
    assert renames[0] == rename
    assert get_strategy(name, "rename").name == rename


def test_uv_has_one_rename_strategy_in_every_version() -> None:
    """Eras that leave a gap or overlap would be a mistake in the data."""
    for version in ("0.1.0", "0.1.19", "0.2.5", "0.5.16", "0.5.17", "0.8.0", "0.9.28", "0.9.29", "1.0"):
        found = [
            entry.id
            for entry in select(f"uv-{version}")
            if entry.operation == "rename" and "script" not in entry.id
        ]
        assert len(found) == 1, version


@pytest.mark.parametrize("name", ["uvv", "uv-", "uv-0.5.x", "no-such-system-1.0"])
def test_an_unknown_name_is_refused_with_a_hint(name: str) -> None:
    assert select(name) == []
    with pytest.raises(InvalidInputError) as refused:
        get_strategy(name)
    assert "harness strategies" in (refused.value.hint or "")


def test_when_says_the_versions_in_words() -> None:
    def when(**given: str) -> str:
        fields: dict[str, Any] = {"objects": (), "mode": "sync", "operation": "rename", **given}
        texts = ("id", "title", "primitive", "notation", "retried", "source", "verified", "note")
        return CatalogueEntry(**{**dict.fromkeys(texts, ""), **fields}).when

    assert when() == ""
    assert when(since="1.2") == "since 1.2"
    assert when(until="1.2") == "up to 1.2"
    assert when(since="1.2", until="1.2") == "1.2"
    assert when(since="1.2", until="1.4", versions="async only") == "1.2 to 1.4; async only"


def test_a_line_of_the_catalogue_may_have_parameters() -> None:
    template: Any = {
        "notation": "{wait_ms} 2 retries",
        "parameters": {"wait_ms": {"type": "ms", "default": 5.0}},
    }
    entry = replace(ENTRIES[0], **template)
    assert schedule(entry.strategy()).attempts_ms == (0, 5, 10)
    assert schedule(entry.template.spec(wait_ms=7.0).strategy("made")).attempts_ms == (0, 7, 14)


def test_the_tunable_strategies_are_of_no_system() -> None:
    assert {"plain", "exponential", "fixed-sleep", "notation"} <= set(catalogue.tunable())
    assert not set(catalogue.tunable()) & {*catalogue.entries(), *catalogue.systems()}
    assert all(tunable.about for tunable in catalogue.tunable().values())
