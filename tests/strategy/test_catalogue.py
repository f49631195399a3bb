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
    # one name, one meaning: such a system's name is that of its current and only kind of strategy
    for name in set(ids) & set(catalogue.systems()):
        entries_ = catalogue.systems()[name].entries
        assert entries_[0].id == name
        assert len({entry.operation for entry in entries_}) == 1


def test_an_id_that_looks_like_a_version_means_what_that_version_had() -> None:
    for entry in ENTRIES:
        version = entry.id.removeprefix(f"{entry.system}-")
        if re.fullmatch(r"[0-9.]+", version):
            numbers = tuple(map(int, version.split(".")))
            there = [each for each in catalogue.systems()[entry.system].entries if each.is_in(numbers)]
            assert there in ([], [entry])


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


@pytest.mark.parametrize(
    ("name", "operation", "meant"),
    [
        ("uv-0.5.8", "replace", "uv-persist-plain"),  # launchers of entry points
        ("uv-0.5.10", "replace", "uv-persist-plain"),
        ("uv-0.5.11", "replace", "uv-persist-backoff"),
        ("rename-overwrite-5.0.4", "replace", "rename-overwrite-3.1"),
        ("rename-overwrite-7.0.0", "replace", "rename-overwrite-throws"),
        ("rename-overwrite-7.0.1", "replace", "pnpm-rename-overwrite"),
        ("rimraf-2.2.2", "delete-tree", "rimraf-v2.0"),
        ("rimraf-2.4.2", "delete-tree", "rimraf-v2.2"),
        ("rimraf-2.4.3", "delete-tree", "rimraf-v3"),
        ("fs-extra-0.30.0", "delete-tree", "fs-extra-remove-10"),
        ("fs-extra-10.1.0", "delete-tree", "fs-extra-remove-11"),
        ("write-file-atomic-2.4.3", "replace", "write-file-atomic-v2"),
        ("write-file-atomic-3.0.3", "replace", "write-file-atomic"),
        ("vite-2.9.9", "rename", "vite-safe-rename"),
    ],
)
def test_a_version_has_what_was_seen_when_it_was_run(
    name: str, operation: catalogue.OperationName, meant: str
) -> None:
    """The releases named were run with a file system that fails on purpose."""
    assert get_strategy(name, operation).name == meant


def test_what_was_seen_when_it_was_run() -> None:
    assert schedule(get_strategy("write-file-atomic-v2")).attempts_ms[-1] == 60_050
    assert len(schedule(get_strategy("write-file-atomic-v2")).attempts_ms) == 607
    assert len(schedule(get_strategy("jgit-delete"), code=145).attempts_ms) == 1
    for name, codes in {"rimraf-v2.0": {32, 33}, "rimraf-v2.2": {32, 33, 145}}.items():
        assert set(retried_codes(get_strategy(name))) == codes
    assert not select("vite-2.9.8")
    assert not select("fs-extra-0.29.0")


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
