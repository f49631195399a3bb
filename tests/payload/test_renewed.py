"""Renewed items: the same files, but programs and libraries with bytes of their own at their end."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.payload.launcher import launcher
from harness.payload.prepare import OVERLAY_BYTES, Item, _listed, items_of
from harness.scenario.payload_models import LauncherPayload, TreePayload, TreeShape
from harness.text import printable

PROGRAM = st.binary(max_size=300).map(lambda rest: b"MZ" + rest)
CONTENT = PROGRAM | st.binary(max_size=300)
PATHS = st.lists(st.sampled_from(["a", "b", "c.dll"]), min_size=1, max_size=3).map("/".join)
TOKENS = st.text(max_size=60)


def without_clashes(tree: dict[str, bytes]) -> bool:
    """No path is a file and a folder at once."""
    return not any(other.startswith(f"{path}/") for path in tree for other in tree)


TREES = st.dictionaries(PATHS, CONTENT, min_size=1, max_size=5).filter(without_clashes)


def unused(path: Path) -> None:
    raise AssertionError(f"{path} was written by what writes the published bytes")


def item_of(folder: Path, tree: dict[str, bytes] | bytes) -> Item:
    """An item whose published bytes are these: a tree of files, or a single one."""
    pristine = folder / "pristine"
    if isinstance(tree, bytes):
        pristine.write_bytes(tree)
    else:
        (pristine / "empty" / "below").mkdir(parents=True)
        for path, content in tree.items():
            (pristine / path).parent.mkdir(parents=True, exist_ok=True)
            (pristine / path).write_bytes(content)
    files = tuple(_listed(pristine))
    return Item("lib", "1", "lib", not isinstance(tree, bytes), pristine, files, unused)


def check_written(item: Item, written: dict[str, bytes], published: dict[str, bytes]) -> None:
    """What was written is what `item` says, and the published bytes but for the ends of programs."""
    assert {file.path: (file.size, file.sha256) for file in item.files} == {
        path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in written.items()
    }
    assert written.keys() == published.keys()
    for path, before in published.items():
        if before.startswith(b"MZ"):
            assert written[path].startswith(before)
            assert len(written[path]) == len(before) + OVERLAY_BYTES
        else:
            assert written[path] == before
    assert item.size == sum(map(len, written.values()))


@given(tree=TREES, token=TOKENS)
def test_a_tree_is_written_with_the_sizes_and_hashes_that_it_announces(
    tree: dict[str, bytes], token: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    renewed = item_of(folder, tree).renewed(token)
    renewed.write(folder / "copy")
    written = {
        path.relative_to(folder / "copy").as_posix(): path.read_bytes()
        for path in (folder / "copy").rglob("*")
        if path.is_file()
    }
    check_written(renewed, written, tree)
    assert (folder / "copy" / "empty" / "below").is_dir()


@given(content=CONTENT, token=TOKENS)
def test_a_single_file_is_written_with_the_size_and_hash_that_it_announces(
    content: bytes, token: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("file")
    renewed = item_of(folder, content).renewed(token)
    renewed.write(folder / "copy")
    check_written(renewed, {".": (folder / "copy").read_bytes()}, {".": content})


@given(tree=TREES, tokens=st.lists(TOKENS, min_size=2, max_size=2, unique=True))
def test_programs_differ_between_tokens_and_from_one_another_and_agree_for_one_token(
    tree: dict[str, bytes], tokens: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    item = item_of(tmp_path_factory.mktemp("tree"), {**tree, "x.dll": b"MZ same", "y.dll": b"MZ same"})
    one, again, other = item.renewed(tokens[0]), item.renewed(tokens[0]), item.renewed(tokens[1])
    assert one.files == again.files
    programs = [
        file.sha256
        for made in (item, one, other)
        for file in made.files
        if file.path in {"x.dll", "y.dll"}
    ]
    assert len(set(programs)) == 5  # as published they are one, renewed each is another
    for before, first, second in zip(item.files, one.files, other.files, strict=True):
        assert (first == second == before) == (not before.is_pe)
        assert first.is_pe == second.is_pe == before.is_pe


def test_the_published_item_is_left_as_it_is(tmp_path: Path) -> None:
    item = item_of(tmp_path, {"a.dll": b"MZ", "b.txt": b"text"})
    before = item.files, item.write, (tmp_path / "pristine" / "a.dll").read_bytes()
    item.renewed("token").write(tmp_path / "copy")
    assert (item.files, item.write, (tmp_path / "pristine" / "a.dll").read_bytes()) == before


def test_no_file_is_written_over(tmp_path: Path) -> None:
    item = item_of(tmp_path, b"MZ").renewed("token")
    (tmp_path / "taken").touch()
    with pytest.raises(FileExistsError):
        item.write(tmp_path / "taken")


def test_the_overlay_says_whose_it_is_and_tells_nothing_of_the_token(tmp_path: Path) -> None:
    """A vendor may be sent such a file: whoever looks at it finds out where it came from."""
    item = item_of(tmp_path, b"MZ").renewed("20260101T000000Z-abcd/scenario/0/plain")
    item.write(tmp_path / "copy")
    overlay = (tmp_path / "copy").read_bytes()[2:]
    assert len(overlay) == OVERLAY_BYTES
    assert overlay.startswith(b"persist-harness\0")
    assert "scenario" not in printable(overlay.decode("latin-1"))


def test_a_renewed_launcher_starts_another_interpreter_and_still_finds_its_script(
    tmp_path: Path,
) -> None:
    """As real ones differ: no launcher has anything behind the end record of its zip."""
    payload = LauncherPayload(kind="launcher", name="httpx", entry_point="httpx = httpx:main")
    (item,) = items_of(payload, tmp_path, generated=False)
    renewed = item.renewed("token")
    renewed.write(tmp_path / "httpx.exe")
    assert tuple(_listed(tmp_path / "httpx.exe")) == renewed.files
    content, published = (tmp_path / "httpx.exe").read_bytes(), launcher("httpx = httpx:main")
    shebang = rb"#!C:\\venv-[0-9a-f]{16}\\Scripts\\python.exe\r\n"
    assert re.sub(shebang, b"#!C:\\\\venv\\\\Scripts\\\\python.exe\r\n", content) == published
    assert item.renewed("other").files != renewed.files
    with zipfile.ZipFile(tmp_path / "httpx.exe") as archive:
        assert b"from httpx import main" in archive.read("__main__.py")


def test_generated_trees_can_be_renewed_too(tmp_path: Path) -> None:
    sizes = [10, 10, 10, 10, 10, 10, 10, 20]
    libraries = {"files": 2, "sizes": [2000, 2000, 2000, 2000, 2000, 2000, 2000, 9000]}
    shape = TreeShape.model_validate(
        {"folders": 4, "other": {"files": 3, "sizes": sizes}, "pe": libraries}
    )
    (item,) = items_of(TreePayload(kind="tree", name="lib", shape=shape), tmp_path, generated=False)
    renewed = item.renewed("token")
    renewed.write(tmp_path / "copy")
    assert tuple(_listed(tmp_path / "copy")) == renewed.files
    assert renewed.size == item.size + 2 * OVERLAY_BYTES
