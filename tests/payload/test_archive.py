"""Honest archives, and hostile ones: each is built here, with zipfile, tarfile and patched headers."""

from __future__ import annotations

import gzip
import io
import math
import re
import stat
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.errors import ExitCode, UnsafeArchiveError
from harness.payload.archive import (
    MAX_NAME_BYTES,
    MAX_READ,
    RATIO_FREE_BYTES,
    _BoundedGzip,
    remove_tree,
    unpack,
)

if TYPE_CHECKING:
    Pack = Callable[[Path, Iterable[tuple[str, bytes]]], Path]

HONEST: Final = {
    "pkg/__init__.py": b"",
    "pkg/core.py": b"print('hello')\n" * 50,
    "pkg/data/table.bin": bytes(range(256)) * 8,
    "pkg-1.0.dist-info/RECORD": b"pkg/core.py,,\n",
    "pkg/naïve-größe.txt": b"not ASCII",
}


def pack_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """Write a zip; the names go in as they are, whatever zipfile thinks of them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # doubled names are the point
        for name, content in members:
            archive.writestr(_zip_info(name), content)
    return path


def _zip_info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("replaced")
    info.filename = name  # the constructor would cut it at a NUL
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def pack_wheel(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """Write a zip that is called a wheel."""
    return pack_zip(path.with_suffix(".whl"), members)


def pack_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    """Write a .tar.gz; names that a plain header cannot hold go into a pax header."""
    path = path.with_suffix(".tar.gz")
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in members:
            info = tarfile.TarInfo("replaced" if "\0" in name else name)
            info.size = len(content)
            if "\0" in name:
                info.pax_headers = {"path": name}
            archive.addfile(info, io.BytesIO(content))
    return path


def pack_headers(path: Path, *blocks: bytes) -> Path:
    """Write a .tar.gz of raw blocks, then the end mark."""
    path.write_bytes(gzip.compress(b"".join(blocks) + bytes(2 * tarfile.BLOCKSIZE), 1))
    return path


@pytest.fixture(params=[pack_zip, pack_tar], ids=["zip", "tar"])
def pack(request: pytest.FixtureRequest) -> Pack:
    """Make archives of both formats."""
    chosen: Pack = request.param
    return chosen


def content_of(root: Path) -> dict[str, bytes]:
    """All files below `root`."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def refuse(archive: Path, because: str = "") -> None:
    """Check that `archive` is refused by name, and that nothing at all was written."""
    around = archive.parent
    before = set(around.rglob("*"))
    with pytest.raises(UnsafeArchiveError, match=re.escape(archive.name)) as caught:
        unpack(archive, around / "deep" / "down" / "destination")
    assert because in caught.value.message
    assert set(around.rglob("*")) == before


def refuse_content(archive: Path, because: str = "") -> None:
    """Check that `archive` is refused by name while it is written, with nothing beside its folder."""
    destination = archive.parent / "destination"
    before = set(archive.parent.iterdir())
    with pytest.raises(UnsafeArchiveError, match=re.escape(archive.name)) as caught:
        unpack(archive, destination)
    assert because in caught.value.message
    assert set(archive.parent.iterdir()) == before | {destination}


# Offsets in the central directory header of a zip (PKWARE, "APPNOTE.TXT", 4.3.12).
FLAGS, METHOD, CRC, SIZE = 8, 10, 16, 24


def patch_directory(archive: Path, offset: int, value: bytes) -> Path:
    """Change a field of the only member in the central directory of a zip."""
    content = bytearray(archive.read_bytes())
    start = content.index(b"PK\x01\x02") + offset
    content[start : start + len(value)] = value
    archive.write_bytes(content)
    return archive


def with_checksum(header: bytes) -> bytes:
    """Sign a changed tar header (POSIX, "pax", ustar header block)."""
    total = sum(header[:148]) + sum(b" " * 8) + sum(header[156:])
    return header[:148] + b"%06o\0 " % total + header[156:]


@pytest.mark.parametrize("packed_as", [pack_wheel, pack_zip, pack_tar])
def test_an_honest_archive_unpacks_to_the_same_bytes(packed_as: Pack, tmp_path: Path) -> None:
    archive = packed_as(tmp_path / "honest.zip", HONEST.items())
    unpack(archive, tmp_path / "new" / "destination")
    assert content_of(tmp_path / "new" / "destination") == HONEST


# Plain on every system: nothing that Windows refuses, and an end that is no dot and no space.
_plain = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters='<>:"/\\|?*'),
    max_size=20,
).map(lambda text: f"n{text}d")


@st.composite
def honest_trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Files that can lie beside each other everywhere: the number makes every name another one."""
    contents = draw(st.lists(st.binary(max_size=600), max_size=6))
    folders = [draw(st.lists(_plain, max_size=3)) for _ in contents]
    return {
        "/".join([*folder, f"{draw(_plain)}{number}"]): content
        for number, (folder, content) in enumerate(zip(folders, contents, strict=True))
    }


@settings(deadline=None, max_examples=40)
@given(tree=honest_trees(), as_tar=st.booleans())
def test_every_honest_tree_survives_the_way_through_an_archive(
    tree: Mapping[str, bytes], as_tar: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("honest")
    archive = (pack_tar if as_tar else pack_zip)(folder / "tree.zip", tree.items())
    unpack(archive, folder / "destination")
    assert content_of(folder / "destination") == tree


def test_a_file_larger_than_the_buffer_is_copied_whole(pack: Pack, tmp_path: Path) -> None:
    large = bytes(range(251)) * 12_000  # 3 MB, and no block like the one before
    unpack(pack(tmp_path / "large.zip", [("large", large)]), tmp_path / "destination")
    assert (tmp_path / "destination" / "large").read_bytes() == large


def test_a_small_archive_is_unpacked_at_any_ratio(pack: Pack, tmp_path: Path) -> None:
    zeros = bytes(RATIO_FREE_BYTES - 1)
    unpack(pack(tmp_path / "dense.zip", [("zeros", zeros)]), tmp_path / "destination")
    assert (tmp_path / "destination" / "zeros").read_bytes() == zeros


def test_entries_for_folders_add_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "folders.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("a/", b"")
        writer.writestr("a/file", b"1")
        writer.writestr("empty/", b"")
    unpack(archive, tmp_path / "destination")
    assert content_of(tmp_path / "destination") == {"a/file": b"1"}


def test_names_may_begin_with_the_folder_itself(pack: Pack, tmp_path: Path) -> None:
    unpack(pack(tmp_path / "dotted.zip", [("./a/b", b"1")]), tmp_path / "destination")
    assert content_of(tmp_path / "destination") == {"a/b": b"1"}


def test_a_folder_that_is_there_is_left_alone(pack: Pack, tmp_path: Path) -> None:
    destination = tmp_path / "destination"
    destination.mkdir()
    (destination / "mine").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        unpack(pack(tmp_path / "honest.zip", HONEST.items()), destination)
    assert content_of(destination) == {"mine": b"mine"}


HOSTILE_PARTS: Final = [
    "..",
    "",
    "C:",
    "C:x",
    "a\\b",
    "..\\up",
    "CON",
    "con",
    "nul.txt",
    "Aux.tar.gz",
    "PRN",
    "com1",
    "LPT9.log",
    "a:b",
    "file.txt::$DATA",
    "trailing.",
    "trailing ",
    "...",
    " ",
    "what?",
    "st*r",
    'quo"te',
    "pi|pe",
    "<",
    ">",
    "ring\abell",
    "new\nline",
    "cut\0off",
    "long" * 64,
]
"""Microsoft, "Naming Files, Paths, and Namespaces": each means something else, or nothing, there."""


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "..",
        "/absolute",
        "//server/share/x",
        "C:/x",
        "C:x",
        "\\\\server\\share\\x",
        "..\\x",
        "a/..",
        "a/./b",
        "a//b",
    ],
)
def test_a_name_that_leaves_the_folder_is_refused(name: str, pack: Pack, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "slip.zip", [("good", b"1"), (name, b"2")]), repr(name))


def test_an_absolute_name_is_refused(pack: Pack, tmp_path: Path) -> None:
    target = tmp_path / "planted"
    refuse(pack(tmp_path / "absolute.zip", [(target.as_posix(), b"1")]))
    assert not target.exists()


@pytest.mark.parametrize("part", [part for part in HOSTILE_PARTS if part])
def test_a_name_that_windows_takes_for_something_else_is_refused(
    part: str, pack: Pack, tmp_path: Path
) -> None:
    refuse(pack(tmp_path / "names.zip", [("good", b"1"), (f"folder/{part}", b"2")]))


@settings(deadline=None, max_examples=60)
@given(
    above=st.lists(_plain, min_size=1, max_size=3),
    part=st.sampled_from(HOSTILE_PARTS),
    below=st.lists(_plain, min_size=1, max_size=3),
)
def test_a_hostile_part_is_found_at_any_depth(
    above: list[str], part: str, below: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("depth")
    refuse(pack_zip(folder / "depth.zip", [("/".join([*above, part, *below]), b"1")]))


@pytest.mark.parametrize(
    "name", ["CONIN$", "conout$.txt", "COM\xb9", "lpt\xb3.txt", "con .txt", "nul  .tar.gz"]
)
def test_the_lesser_known_device_names_are_refused_too(name: str, tmp_path: Path) -> None:
    # the golden list is CPython's own: Lib/ntpath.py, `_reserved_names` and `_isreservedname` (3.13)
    refuse(pack_zip(tmp_path / "devices.zip", [(name, b"1")]))


def test_a_name_that_hides_behind_a_folder_and_a_nul_is_refused(tmp_path: Path) -> None:
    # zipfile cuts the name at the NUL, and takes what is left for a folder
    refuse(pack_zip(tmp_path / "hidden.zip", [("good", b"1"), ("folder/\0file", b"2")]))


def test_a_path_that_is_too_long_for_any_system_is_refused(pack: Pack, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "deep.zip", [("d/" * (MAX_NAME_BYTES // 2) + "f", b"1")]))


@pytest.mark.parametrize(
    "names",
    [("pkg/File.py", "pkg/file.py"), ("Pkg/a", "pKG/A"), ("straße", "STRASSE"), ("a", "a")],
)
def test_names_that_differ_only_in_case_are_refused(
    names: tuple[str, str], pack: Pack, tmp_path: Path
) -> None:
    refuse(pack(tmp_path / "twins.zip", [(name, b"1") for name in names]), "twice")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("x/A/b", "x/a")])
def test_a_name_that_is_both_a_file_and_a_folder_is_refused(
    names: tuple[str, str], pack: Pack, tmp_path: Path
) -> None:
    refuse(pack(tmp_path / "both.zip", [(name, b"1") for name in names]), "file and a folder")


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"],
    ids=["symlink", "hard link", "character device", "block device", "fifo", "unknown"],
)
def test_a_tar_member_that_is_no_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "special.tar.gz"
    with tarfile.open(archive, "w:gz") as writer:
        writer.addfile(tarfile.TarInfo("good"))
        info = tarfile.TarInfo("special")
        info.type, info.linkname = kind, "../../../etc/passwd"
        writer.addfile(info)
    refuse(archive, "'special' is a link or a device")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_zip_member_that_is_no_file_is_refused(kind: int, tmp_path: Path) -> None:
    archive = tmp_path / "special.zip"
    info = _zip_info("special")
    info.create_system = 3  # Unix: the upper half of the attributes is the mode
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("good", b"1")
        writer.writestr(info, b"../../../etc/passwd")
    refuse(archive, "'special' is a link or a device")


def test_a_zip_member_may_say_that_it_is_a_file_or_a_folder(tmp_path: Path) -> None:
    archive = tmp_path / "unix.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        for name, kind in (("folder/", stat.S_IFDIR), ("folder/file", stat.S_IFREG)):
            info = _zip_info(name)
            info.create_system = 3
            info.external_attr = (kind | 0o755) << 16
            writer.writestr(info, b"" if name.endswith("/") else b"1")
    unpack(archive, tmp_path / "destination")
    assert content_of(tmp_path / "destination") == {"folder/file": b"1"}


@pytest.mark.parametrize("size", [None, -1, MAX_READ + 1])
def test_no_header_is_read_without_bound(size: int | None, tmp_path: Path) -> None:
    archive = tmp_path / "x.gz"
    archive.write_bytes(gzip.compress(bytes(MAX_READ + 5), 1))
    with _BoundedGzip(archive) as stream:
        with pytest.raises(OSError, match="too large"):
            stream.read(size)
        assert (len(stream.read(0)), len(stream.read(MAX_READ))) == (0, MAX_READ)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "secret.zip", [("secret", b"1")])
    refuse(patch_directory(archive, FLAGS, b"\x01\x00"), "'secret' is encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 93, 99])
def test_a_compression_that_cannot_be_bounded_is_refused(method: int, tmp_path: Path) -> None:
    # zipfile unpacks a whole chunk of bzip2 at once: 4 KB may become gigabytes
    archive = pack_zip(tmp_path / "packed.zip", [("packed", b"1")])
    refuse(patch_directory(archive, METHOD, struct.pack("<H", method)), "neither stored nor deflated")


def test_more_files_than_the_limit_are_refused(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.payload.archive.MAX_FILES", 3)
    unpack(pack(tmp_path / "few.zip", [(f"f{n}", b"") for n in range(3)]), tmp_path / "few")
    refuse(pack(tmp_path / "many.zip", [(f"f{number}", b"") for number in range(4)]))


def test_an_archive_that_swells_more_than_honest_ones_do_is_refused(pack: Pack, tmp_path: Path) -> None:
    members = [(f"zeros{number}", bytes(RATIO_FREE_BYTES // 2)) for number in range(3)]
    refuse(pack(tmp_path / "bomb.zip", members), "bomb")


@pytest.mark.parametrize("less", [0, 1])
def test_an_archive_may_swell_up_to_the_limit_and_no_further(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, less: int
) -> None:
    archive = pack(tmp_path / "dense.zip", [("zeros", bytes(100_000))])
    ratio = math.ceil(100_000 / archive.stat().st_size)
    monkeypatch.setattr("harness.payload.archive.RATIO_FREE_BYTES", 99_999)
    monkeypatch.setattr("harness.payload.archive.MAX_RATIO", ratio - less)
    if less:
        refuse(archive, "bomb")
    else:
        unpack(archive, tmp_path / "destination")


def test_a_zip_that_declares_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "huge.zip", [("huge", b"1")])
    refuse(patch_directory(archive, SIZE, struct.pack("<I", 0xFFFF_FFF0)), "4,294,967,280 bytes")


def test_a_tar_that_declares_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge")
    info.size = 5_000_000_000
    refuse(pack_headers(tmp_path / "huge.tar.gz", info.tobuf()), "too much")


@pytest.mark.parametrize(
    "kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE]
)
def test_a_name_too_large_for_memory_is_not_read(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("name")
    info.type, info.size = kind, MAX_READ + tarfile.BLOCKSIZE
    content = b"a" * info.size
    refuse(pack_headers(tmp_path / "name.tar.gz", info.tobuf(), content), "too large")


def test_a_chain_of_long_names_without_end_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("name")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1
    link = info.tobuf() + b"a".ljust(tarfile.BLOCKSIZE, b"\0")
    refuse(pack_headers(tmp_path / "chain.tar.gz", link * 3000))  # tarfile recurses


def test_what_follows_the_end_of_a_tar_is_not_read_without_bound(tmp_path: Path) -> None:
    member = tarfile.TarInfo("good").tobuf()
    refuse(pack_headers(tmp_path / "tail.tar.gz", member, bytes(2 * MAX_READ)), "after its end")


@pytest.mark.parametrize("declared", [0, 1, 99, 101, 5000])
def test_a_zip_member_of_another_length_than_declared_is_refused(declared: int, tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "liar.zip", [("liar", b"x" * 100)])
    refuse_content(patch_directory(archive, SIZE, struct.pack("<I", declared)), "'liar'")
    assert (tmp_path / "destination" / "liar").stat().st_size <= declared


def test_a_zip_member_never_becomes_longer_than_declared(tmp_path: Path) -> None:
    # a liar who also has the right checksum for the part that was declared
    archive = pack_zip(tmp_path / "liar.zip", [("liar", b"x" * 5_000_000)])
    patch_directory(archive, CRC, struct.pack("<I", zlib.crc32(b"x" * 10)))
    patch_directory(archive, SIZE, struct.pack("<I", 10))
    unpack(archive, tmp_path / "destination")
    assert content_of(tmp_path / "destination") == {"liar": b"x" * 10}


def test_a_tar_member_that_is_shorter_than_declared_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("liar")
    info.size = 5000
    refuse(pack_headers(tmp_path / "liar.tar.gz", info.tobuf(), b"x" * 512))


def test_a_tar_member_of_negative_size_is_refused(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("back").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"  # -512, in GNU's binary form
    refuse(pack_headers(tmp_path / "back.tar.gz", with_checksum(bytes(header))))


def test_a_wrong_checksum_in_a_zip_is_refused(tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "damaged.zip", [("file", b"content")])
    refuse_content(patch_directory(archive, CRC, b"\0\0\0\0"), "'file' is damaged")


def test_a_damaged_stream_in_a_zip_is_refused(tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "damaged.zip", [("file", bytes(range(256)) * 10)])
    content = bytearray(archive.read_bytes())
    content[34:44] = b"\xff" * 10  # behind the local header: 30 bytes and the name
    archive.write_bytes(content)
    refuse_content(archive, "'file' is damaged")


def test_a_member_that_is_called_differently_in_its_own_header_is_refused(tmp_path: Path) -> None:
    archive = pack_zip(tmp_path / "alias.zip", [("good", b"1")])
    content = archive.read_bytes().replace(b"good", b"evil", 1)
    archive.write_bytes(content)
    refuse_content(archive, "'good'")


def test_a_wrong_checksum_in_a_tar_is_refused(tmp_path: Path) -> None:
    archive = pack_tar(tmp_path / "damaged.zip", HONEST.items())
    content = bytearray(archive.read_bytes())
    content[-8] ^= 1  # RFC 1952: the last eight bytes are the checksum and the length
    archive.write_bytes(content)
    refuse(archive, "CRC")


def test_a_damaged_header_does_not_end_a_tar_early(tmp_path: Path) -> None:
    # tarfile takes a header with a wrong checksum for the end, and the rest would be missing
    first, second = tarfile.TarInfo("first").tobuf(), tarfile.TarInfo("second").tobuf()
    archive = pack_headers(tmp_path / "early.tar.gz", first, second.replace(b"second", b"damage"))
    refuse(archive, "damaged")


@settings(deadline=None, max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True), as_tar=st.booleans())
@example(share=0.9999, as_tar=True)
@example(share=0.9999, as_tar=False)
def test_an_archive_that_was_cut_off_anywhere_is_refused(
    share: float, as_tar: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    archive = (pack_tar if as_tar else pack_zip)(folder / "cut.zip", HONEST.items())
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    refuse(archive)


_damage = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=150)
@given(damage=_damage, as_tar=st.booleans(), signed=st.booleans())
def test_whatever_is_damaged_is_refused_or_stays_in_its_folder(
    damage: list[tuple[float, int]],
    as_tar: bool,
    signed: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    archive = (pack_tar if as_tar else pack_zip)(folder / "damaged.zip", HONEST.items())
    content = bytearray(gzip.decompress(archive.read_bytes()) if as_tar else archive.read_bytes())
    for share, value in damage:
        content[int(len(content) * share)] = value
    if as_tar:
        blocks = [content[start : start + 512] for start in range(0, len(content), 512)]
        if signed:
            blocks = [
                bytearray(with_checksum(bytes(block))) if block[257:262] == b"ustar" else block
                for block in blocks
            ]
        content = bytearray(gzip.compress(b"".join(blocks), 1))
    archive.write_bytes(content)
    destination = folder / "destination"
    try:
        unpack(archive, destination)
    except UnsafeArchiveError as error:
        assert archive.name in error.message  # noqa: PT017 - unpacking it is right as well
    assert set(folder.iterdir()) <= {archive, destination}


@pytest.mark.parametrize("name", ["page.whl", "page.zip", "page.tar.gz"])
@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><title>404</title>", b"MZ" * 5000])
def test_what_is_no_archive_at_all_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    refuse(tmp_path / name, "not a readable archive")


def test_a_refusal_is_the_inputs_fault() -> None:
    assert UnsafeArchiveError("x").exit_code == ExitCode.INVALID_INPUT


def test_a_tree_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "sub" / "file").write_bytes(b"1")
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "never made")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_what_a_link_in_a_removed_tree_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_bytes(b"1")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "other", target_is_directory=True)
    remove_tree(tmp_path / "tree")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "other"]
