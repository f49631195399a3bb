"""Payloads made from nothing: their shape, and that they are the same everywhere."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.payload.generate import file_sizes, write_file, write_tree
from harness.pe import SMALLEST, is_pe
from harness.scenario.payload_models import QUANTILES, SizeShape, TreeShape

# Like the wheel of a small compiled package.
SHAPE: Final = TreeShape(
    folders=12,
    other=SizeShape(files=40, sizes=[0, 20, 80, 300, 1200, 5000, 20_000, 60_001]),
    pe=SizeShape(files=5, sizes=[2048, 2048, 3000, 4000, 5000, 8000, 9000, 1_100_003]),
)


def content_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def folders_of(root: Path) -> list[Path]:
    """All folders of the tree, the root among them."""
    return [root, *(path for path in root.rglob("*") if path.is_dir())]


def sizes_of(files: dict[str, bytes], *, pe: bool) -> list[int]:
    return sorted(len(content) for content in files.values() if is_pe(content) is pe)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generated") / "tree"
    write_tree(root, SHAPE, "seed")
    return root


def test_a_tree_has_as_many_files_of_each_kind_as_its_shape(tree: Path) -> None:
    files = content_of(tree)
    assert len(sizes_of(files, pe=False)) == 40
    assert len(sizes_of(files, pe=True)) == 5


def test_the_smallest_and_the_largest_file_are_exactly_those_of_the_shape(tree: Path) -> None:
    files = content_of(tree)
    other, programs = sizes_of(files, pe=False), sizes_of(files, pe=True)
    assert (other[0], other[-1]) == (0, 60_001)
    assert (programs[0], programs[-1]) == (2048, 1_100_003)


def test_the_sizes_of_a_tree_are_those_that_its_shape_stands_for(tree: Path) -> None:
    files = content_of(tree)
    assert SHAPE.pe is not None
    assert sizes_of(files, pe=False) == file_sizes(SHAPE.other)
    assert sizes_of(files, pe=True) == file_sizes(SHAPE.pe)


def test_programs_are_named_as_python_names_its_own(tree: Path) -> None:
    assert {name for name, content in content_of(tree).items() if is_pe(content)} == {
        path.relative_to(tree).as_posix() for path in tree.rglob("*.pyd")
    }


def test_a_tree_has_as_many_folders_as_its_shape_and_none_is_empty(tree: Path) -> None:
    folders = folders_of(tree)
    assert len(folders) == 12
    assert all(any(path.is_file() for path in folder.iterdir()) for folder in folders)


@pytest.mark.parametrize(
    ("count", "depth"), [(1, 0), (2, 1), (11, 1), (12, 2), (111, 2), (112, 3), (1500, 3)]
)
def test_folders_nest_up_to_three_deep(count: int, depth: int, tmp_path: Path) -> None:
    shape = TreeShape(folders=count, other=SizeShape(files=0, sizes=[0] * 8))
    write_tree(tmp_path / "tree", shape, "seed")
    folders = folders_of(tmp_path / "tree")
    depths = [len(folder.relative_to(tmp_path / "tree").parts) for folder in folders]
    assert len(folders) == count
    assert max(depths) == depth


def test_the_same_seed_gives_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "again", SHAPE, "seed")
    assert content_of(tmp_path / "again") == content_of(tree)


def test_another_seed_gives_other_bytes_of_the_same_sizes(tree: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "other", SHAPE, "another seed")
    first, second = content_of(tree), content_of(tmp_path / "other")
    assert set(first.values()).isdisjoint(set(second.values()) - {b""})
    assert sizes_of(first, pe=False) == sizes_of(second, pe=False)


def test_contents_neither_repeat_nor_compress(tree: Path) -> None:
    contents = [content for content in content_of(tree).values() if len(content) > 100]
    assert len(set(contents)) == len(contents)
    together = b"".join(content for content in contents if not is_pe(content))
    assert len(zlib.compress(together)) >= len(together)


@settings(deadline=None, max_examples=50)
@given(size=st.integers(0, 5000), pe=st.booleans())
def test_a_file_has_its_size_and_a_program_its_headers(
    size: int, pe: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("file") / "file"
    write_file(path, size, "seed", pe=pe)
    content = path.read_bytes()
    assert len(content) == size
    assert is_pe(content) is (pe and size >= SMALLEST)


def test_files_hold_what_shake_256_gives_for_their_seed(tmp_path: Path) -> None:
    # golden value: printf 'seed/0' | openssl dgst -shake256 -xoflen 16
    write_file(tmp_path / "file", 16, "seed", pe=False)
    assert (tmp_path / "file").read_bytes().hex() == "531a076e88bcf21cecc531de045100de"


def test_every_megabyte_of_a_file_has_other_bytes(tmp_path: Path) -> None:
    write_file(tmp_path / "file", 3_000_000, "seed", pe=False)
    content = (tmp_path / "file").read_bytes()
    heads = {hashlib.sha256(content[start : start + 1000]).digest() for start in (0, 1 << 20, 2 << 20)}
    assert len(content) == 3_000_000
    assert len(heads) == 3


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "file", 10, "seed", pe=False)
    assert (tmp_path / "file").read_bytes() == b"mine"


@st.composite
def size_shapes(draw: st.DrawFn, least: int = 0) -> SizeShape:
    sizes = draw(st.lists(st.integers(0, 2_000_000_000), min_size=8, max_size=8))
    return SizeShape(files=draw(st.integers(least, 400)), sizes=sorted(sizes))


@given(shape=size_shapes())
def test_sizes_ascend_within_the_range_of_the_shape(shape: SizeShape) -> None:
    sizes = file_sizes(shape)
    assert len(sizes) == shape.files
    assert sizes == sorted(sizes)
    assert all(shape.sizes[0] <= size <= shape.sizes[-1] for size in sizes)


@given(shape=size_shapes(least=1))
def test_the_largest_size_is_always_there(shape: SizeShape) -> None:
    assert file_sizes(shape)[-1] == shape.sizes[-1]


@given(shape=size_shapes(least=2))
def test_the_smallest_size_is_there_as_soon_as_there_are_two_files(shape: SizeShape) -> None:
    assert file_sizes(shape)[0] == shape.sizes[0]


@given(shape=size_shapes())
def test_of_101_files_the_quantiles_of_the_shape_are_met_exactly(shape: SizeShape) -> None:
    sizes = file_sizes(SizeShape(files=101, sizes=shape.sizes))
    assert [sizes[round(100 * share)] for share in QUANTILES] == shape.sizes


def test_between_two_quantiles_sizes_grow_by_a_factor() -> None:
    # the second of 21 files has the share 5 %, half-way: 10, 100, 1000 (all of them less one)
    sizes = file_sizes(SizeShape(files=21, sizes=[9, 999, 999, 999, 999, 999, 999, 999]))
    assert sizes[:3] == [9, 99, 999]
