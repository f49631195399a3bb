"""Payloads become items: every kind, generated or real, laid down in each of the three ways.

The archives are tiny ones that this file puts in a cache of its own; the build is a real one.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from harness.errors import HarnessError, InvalidInputError, PayloadUnavailableError, UnsafeArchiveError
from harness.payload.cache import Archive, path_of
from harness.payload.launcher import launcher
from harness.payload.prepare import Item, approximate_bytes, items_of
from harness.pe import is_pe, library_header
from harness.scenario.load import load_scenario, shipped_names
from harness.scenario.payload_models import (
    Backend,
    BuiltWheelPayload,
    FilesPayload,
    LauncherPayload,
    Payload,
    SdistPayload,
    SizeShape,
    TreePayload,
    TreeShape,
    WheelPayload,
)

SHAPE: Final = TreeShape(
    folders=5,
    other=SizeShape(files=12, sizes=[0, 10, 50, 200, 900, 3000, 9000, 20_000]),
    pe=SizeShape(files=2, sizes=[5000, 5000, 5000, 5000, 9000, 9000, 9000, 9000]),
)
LIBRARY: Final = library_header(4096).ljust(4096, b"x")
WHEEL: Final = {
    "tiny/__init__.py": b"",
    "tiny/core.pyd": LIBRARY,
    "tiny/data/table.txt": b"1 2 3\n",
    "tiny-1.0.dist-info/RECORD": b"tiny/core.pyd,,\n",
}
BACKEND: Final = """
    import os, zipfile

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        with zipfile.ZipFile(os.path.join(wheel_directory, "any-name.whl"), "w") as wheel:
            wheel.writestr(zipfile.ZipInfo("tiny.py"), open("tiny.py").read())
        return "any-name.whl"
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def cached(file: str, content: bytes) -> str:
    """Put an archive in the cache; return its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(Archive("tiny", file, sha256))
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return sha256


def zip_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sdist_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def wheel_payload(files: Mapping[str, bytes] = WHEEL) -> WheelPayload:
    file = "tiny-1.0-py3-none-any.whl"
    sha256 = cached(file, zip_of(files))
    return WheelPayload(kind="wheel", name="tiny", version="1.0", file=file, sha256=sha256, shape=SHAPE)


def sdist_payload() -> SdistPayload:
    sha256 = cached("tiny-1.0.tar.gz", sdist_of({"tiny-1.0/tiny.py": b"tiny = True\n"}))
    return SdistPayload(
        kind="sdist", name="tiny", version="1.0", file="tiny-1.0.tar.gz", sha256=sha256, shape=SHAPE
    )


def built_payload(
    source: Mapping[str, bytes] | None = None, backend: str = BACKEND
) -> BuiltWheelPayload:
    backend_file = "backend-1.0-py3-none-any.whl"
    backend_wheel = zip_of({"tiny_backend.py": dedent(backend).encode()})
    return BuiltWheelPayload(
        kind="built-wheel",
        name="tiny",
        version="1.0",
        file="tiny-1.0.tar.gz",
        sha256=cached("tiny-1.0.tar.gz", sdist_of(source or {"tiny-1.0/tiny.py": b"tiny = True\n"})),
        backend=Backend(
            file=backend_file,
            name="backend",
            version="1.0",
            sha256=cached(backend_file, backend_wheel),
            build_backend="tiny_backend",
        ),
        size=30_000,
    )


LAUNCHER: Final = LauncherPayload(kind="launcher", name="tool", entry_point="tiny-tool = tiny.cli:main")
FILES: Final = FilesPayload(kind="files", name="entry", sizes=[0, 10, 70_000])
TREE: Final = TreePayload(kind="tree", name="docs", shape=SHAPE)


def only_item(payload: Payload, work: Path, *, generated: bool = False) -> Item:
    (item,) = items_of(payload, work, generated=generated)
    return item


def content_of(root: Path) -> dict[str, bytes | None]:
    """All that is at `root`: files with their bytes, and folders."""
    if root.is_file():
        return {".": root.read_bytes()}
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def files_of(root: Path) -> dict[str, bytes]:
    return {name: content for name, content in content_of(root).items() if content is not None}


def test_a_wheel_becomes_the_tree_that_is_in_it(work: Path) -> None:
    item = only_item(wheel_payload(), work)
    assert item.is_tree
    assert (item.name, item.version, item.file) == ("tiny", "1.0", "tiny-1.0-py3-none-any.whl")
    assert files_of(item.pristine) == WHEEL


def test_a_source_distribution_becomes_the_tree_that_is_in_it(work: Path) -> None:
    item = only_item(sdist_payload(), work)
    assert item.is_tree
    assert files_of(item.pristine) == {"tiny-1.0/tiny.py": b"tiny = True\n"}


def test_a_launcher_becomes_a_program_named_after_its_command(work: Path) -> None:
    item = only_item(LAUNCHER, work)
    assert not item.is_tree
    assert item.file == "tiny-tool.exe"
    assert item.pristine.read_bytes() == launcher(LAUNCHER.entry_point)
    assert [file.is_pe for file in item.files] == [True]


def test_a_built_wheel_is_really_built(work: Path) -> None:
    item = only_item(built_payload(), work)
    assert not item.is_tree
    assert item.file == "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(item.pristine) as wheel:
        assert wheel.read("tiny.py") == b"tiny = True\n"


def test_a_wheel_is_built_anew_each_time_it_is_written(work: Path, tmp_path: Path) -> None:
    item = only_item(built_payload(), work)
    (work / "build" / "backend" / "tiny_backend.py").write_text(
        dedent(BACKEND).replace('tiny.py").read()', "tiny.py\").read() + '# again'")
    )
    item.lay_down(tmp_path / "again.whl", afresh=True)
    with zipfile.ZipFile(tmp_path / "again.whl") as wheel:
        assert wheel.read("tiny.py") == b"tiny = True\n# again"


def test_every_generated_file_is_an_item_of_its_own(work: Path) -> None:
    items = list(items_of(FILES, work, generated=False))
    assert [item.size for item in items] == [0, 10, 70_000]
    assert [item.name for item in items] == ["entry", "entry-1", "entry-2"]
    assert [item.file for item in items] == ["entry-0", "entry-1", "entry-2"]
    assert not any(item.is_tree for item in items)
    assert len({item.files[0].sha256 for item in items}) == 3


def test_a_generated_tree_has_its_shape(work: Path) -> None:
    item = only_item(TREE, work)
    assert item.is_tree
    assert len(item.files) == 14
    assert sum(file.is_pe for file in item.files) == 2


@pytest.mark.parametrize("make", [wheel_payload, sdist_payload])
def test_the_generated_variant_of_an_archive_has_its_declared_shape(
    make: Callable[[], WheelPayload | SdistPayload], work: Path
) -> None:
    payload = make()
    item = only_item(payload, work, generated=True)
    assert item.is_tree
    assert item.file == payload.file
    assert len(item.files) == 14
    assert sum(file.is_pe for file in item.files) == 2


def test_the_generated_variant_of_a_launcher_is_a_program_of_the_same_size(work: Path) -> None:
    item = only_item(LAUNCHER, work, generated=True)
    content = item.pristine.read_bytes()
    assert item.file == "tiny-tool.exe"
    assert is_pe(content)
    assert len(content) == len(launcher(LAUNCHER.entry_point))
    assert content != launcher(LAUNCHER.entry_point)


def test_the_generated_variant_of_a_built_wheel_is_a_zip_of_about_the_size(work: Path) -> None:
    item = only_item(built_payload(), work, generated=True)
    assert item.file == "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(item.pristine) as archive:
        assert archive.testzip() is None
    assert item.size == pytest.approx(30_000, abs=200)
    assert list(item.pristine.parent.iterdir()) == [item.pristine]


@pytest.mark.parametrize("payload", [TREE, FILES])
def test_what_is_generated_anyway_is_the_same_in_the_generated_variant(
    payload: Payload, tmp_path: Path
) -> None:
    first = items_of(payload, tmp_path / "first", generated=False)
    second = items_of(payload, tmp_path / "second", generated=True)
    assert [item.files for item in first] == [item.files for item in second]


def test_a_generated_variant_needs_no_archive(work: Path) -> None:
    payload = wheel_payload()
    path_of(Archive("tiny", payload.file, payload.sha256)).unlink()
    assert only_item(payload, work, generated=True).size > 0


def test_an_item_lists_its_files_with_size_hash_and_kind(work: Path) -> None:
    item = only_item(wheel_payload(), work)
    assert {(file.path, file.size, file.sha256, file.is_pe) for file in item.files} == {
        (name, len(content), hashlib.sha256(content).hexdigest(), content == LIBRARY)
        for name, content in WHEEL.items()
    }
    assert item.size == sum(map(len, WHEEL.values()))


def test_the_only_file_of_an_item_is_the_item_itself(work: Path) -> None:
    assert [file.path for file in only_item(LAUNCHER, work).files] == ["."]


def test_items_of_one_scenario_do_not_meet_in_the_work_folder(work: Path) -> None:
    items = [
        item
        for payload in (TREE, FILES, LAUNCHER, wheel_payload())
        for item in items_of(payload, work, generated=False)
    ]
    assert len({item.pristine for item in items}) == len(items) == 6
    assert all(work in item.pristine.parents for item in items)


def all_kinds() -> list[Payload]:
    return [TREE, FILES, LAUNCHER, wheel_payload(), sdist_payload()]


WAYS: Final = [
    pytest.param(False, False, id="linked"),
    pytest.param(False, True, id="mutable copy"),
    pytest.param(True, False, id="afresh"),
]


@pytest.mark.parametrize(("afresh", "mutable"), WAYS)
def test_every_way_to_lay_down_gives_the_same_files_and_folders(
    afresh: bool, mutable: bool, work: Path, tmp_path: Path
) -> None:
    for payload in all_kinds():
        for item in items_of(payload, work / payload.kind, generated=False):
            destination = tmp_path / f"{item.name}-{payload.kind}"
            item.lay_down(destination, afresh=afresh, mutable=mutable)
            assert content_of(destination) == content_of(item.pristine)


@pytest.mark.parametrize(("afresh", "mutable"), WAYS)
def test_folders_without_files_are_laid_down_too(
    afresh: bool, mutable: bool, work: Path, tmp_path: Path
) -> None:
    shape = TreeShape(folders=20, other=SizeShape(files=1, sizes=[1] * 8))
    item = only_item(TreePayload(kind="tree", name="hollow", shape=shape), work)
    item.lay_down(tmp_path / "hollow", afresh=afresh, mutable=mutable)
    assert len(content_of(tmp_path / "hollow")) == 19 + 1


def test_a_linked_item_shares_the_pristine_files(work: Path, tmp_path: Path) -> None:
    item = only_item(wheel_payload(), work)
    item.lay_down(tmp_path / "linked", afresh=False)
    for file in item.files:
        assert (tmp_path / "linked" / file.path).samefile(item.pristine / file.path)


@pytest.mark.parametrize(("afresh", "mutable"), WAYS[1:])
def test_what_changes_a_mutable_or_fresh_item_leaves_the_pristine_one_alone(
    afresh: bool, mutable: bool, work: Path, tmp_path: Path
) -> None:
    for payload in all_kinds():
        for item in items_of(payload, work / payload.kind, generated=False):
            before = content_of(item.pristine)
            destination = tmp_path / f"{item.name}-{payload.kind}"
            item.lay_down(destination, afresh=afresh, mutable=mutable)
            for file in item.files:
                assert not (destination / file.path).samefile(item.pristine / file.path)
                (destination / file.path).write_bytes(b"changed in place")
            assert content_of(item.pristine) == before


@pytest.mark.parametrize("afresh", [False, True], ids=["linked", "afresh"])
@pytest.mark.parametrize("payload", [TREE, LAUNCHER], ids=["tree", "file"])
def test_what_is_already_there_is_not_overwritten(
    payload: Payload, afresh: bool, work: Path, tmp_path: Path
) -> None:
    item = only_item(payload, work)
    destination = tmp_path / "destination"
    item.lay_down(destination, afresh=False)
    with pytest.raises(FileExistsError):
        item.lay_down(destination, afresh=afresh)
    assert content_of(destination) == content_of(item.pristine)


def test_an_archive_that_is_not_in_the_cache_is_named(work: Path) -> None:
    payload = wheel_payload()
    path_of(Archive("tiny", payload.file, payload.sha256)).unlink()
    with pytest.raises(PayloadUnavailableError, match=payload.file):
        only_item(payload, work)


def test_a_damaged_archive_in_the_cache_is_not_unpacked(work: Path) -> None:
    payload = wheel_payload()
    path_of(Archive("tiny", payload.file, payload.sha256)).write_bytes(zip_of({"evil": b""}))
    with pytest.raises(PayloadUnavailableError, match=payload.file):
        only_item(payload, work)


def test_a_hostile_archive_is_refused_though_its_hash_is_pinned(work: Path) -> None:
    with pytest.raises(UnsafeArchiveError, match=r"tiny-1\.0-py3-none-any\.whl"):
        only_item(wheel_payload({"../../planted": b"1"}), work)
    assert not list(work.rglob("*planted*"))


def test_a_failing_build_is_reported(work: Path) -> None:
    backend = "def build_wheel(*args): raise RuntimeError('out of cheese')"
    with pytest.raises(HarnessError, match="out of cheese"):
        only_item(built_payload(backend=backend), work)


@pytest.mark.parametrize("source", [{"a/x": b"", "b/y": b""}, {"a/x": b"", "setup.py": b""}])
def test_a_source_distribution_without_one_folder_is_refused(
    source: dict[str, bytes], work: Path
) -> None:
    with pytest.raises(InvalidInputError, match="has 2 entries at its top"):
        only_item(built_payload(source), work)


def test_the_room_for_a_tree_is_estimated_within_a_third(work: Path) -> None:
    assert approximate_bytes(TREE) == pytest.approx(only_item(TREE, work).size, rel=0.3)


def test_the_room_for_an_archive_is_estimated_by_its_generated_variant(work: Path) -> None:
    payload = wheel_payload()
    size = only_item(payload, work, generated=True).size
    assert approximate_bytes(payload) == pytest.approx(size, rel=0.3)


def test_the_room_for_files_is_their_size() -> None:
    assert approximate_bytes(FILES) == 70_010


def test_there_is_enough_room_for_a_launcher_and_a_build(work: Path) -> None:
    assert approximate_bytes(LAUNCHER) >= only_item(LAUNCHER, work).size
    payload = built_payload()
    only_item(payload, work)
    used = sum(len(content) for content in files_of(work).values())
    assert approximate_bytes(payload) >= used


@pytest.mark.parametrize("name", shipped_names())
def test_the_room_for_every_shipped_payload_can_be_told_beforehand(name: str) -> None:
    assert all(approximate_bytes(payload) > 0 for payload in load_scenario(name).scenario.payload)
