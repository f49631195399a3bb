"""The cache of archives: what comes out of it is what was pinned, or nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.payload.cache import (
    SMALL,
    Archive,
    archives_of,
    cache_folder,
    is_cached,
    path_of,
    sha256_of,
    verified,
)
from harness.scenario.load import load_scenario

CONTENT = b"the bytes of a wheel"
ARCHIVE = Archive("tiny", "tiny-1.0-py3-none-any.whl", hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("HARNESS_CACHE", str(folder))
    return folder


def put(content: bytes) -> Path:
    """Put a file where the cache keeps `ARCHIVE`."""
    path = path_of(ARCHIVE)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_the_cache_is_where_the_user_says(cache: Path) -> None:
    assert cache_folder() == cache
    assert cache in path_of(ARCHIVE).parents


def test_the_cache_is_the_users_own_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_CACHE")
    assert cache_folder().is_absolute()
    assert "persist-harness" in cache_folder().parts


def test_archives_of_the_same_name_do_not_meet_in_the_cache() -> None:
    other = Archive(ARCHIVE.project, ARCHIVE.file, "0" * 64)
    assert path_of(other) != path_of(ARCHIVE)
    assert path_of(other).name == path_of(ARCHIVE).name == ARCHIVE.file


def test_what_was_never_fetched_is_not_there() -> None:
    assert not is_cached(ARCHIVE)
    assert verified(ARCHIVE) is None


def test_what_has_the_pinned_hash_is_given(cache: Path) -> None:
    path = put(CONTENT)
    assert is_cached(ARCHIVE)
    assert verified(ARCHIVE) == path
    assert cache in path.parents


def test_what_is_damaged_is_thrown_away() -> None:
    path = put(CONTENT[:-1])
    assert is_cached(ARCHIVE)  # which looks only at the name
    assert verified(ARCHIVE) is None
    assert not path.exists()


def test_a_file_is_hashed_as_the_standard_says(tmp_path: Path) -> None:
    # golden value: FIPS 180-4, example "abc"
    (tmp_path / "file").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "file") == expected


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 5 * SMALL])
def test_small_and_large_files_are_hashed_whole(size: int, tmp_path: Path) -> None:
    content = bytes(number % 251 for number in range(size))
    (tmp_path / "file").write_bytes(content)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_scenario_with_a_wheel_needs_that_wheel() -> None:
    (payload,) = load_scenario("numpy-wheel").scenario.payload
    assert payload.kind == "wheel"
    (archive,) = archives_of(load_scenario("numpy-wheel"))
    assert archive == Archive(payload.name, payload.file, payload.sha256)


def test_a_scenario_that_builds_needs_the_source_and_the_backend() -> None:
    (payload,) = load_scenario("sdist-build").scenario.payload
    assert payload.kind == "built-wheel"
    assert [archive.file for archive in archives_of(load_scenario("sdist-build"))] == [
        payload.file,
        payload.backend.file,
    ]


@pytest.mark.parametrize("name", ["copy-atomic", "script-install", "many-small-files-20k"])
def test_a_scenario_whose_payload_is_made_here_needs_nothing(name: str) -> None:
    assert archives_of(load_scenario(name)) == []


@pytest.mark.parametrize("name", ["numpy-wheel", "sdist-build", "sdist-cache"])
def test_a_generated_variant_needs_nothing(name: str) -> None:
    assert archives_of(load_scenario(f"{name}:generated")) == []
