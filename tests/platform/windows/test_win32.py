"""The primitives on real files: what they do, what they leave behind, what a refusal says.

Names have umlauts, Chinese and an emoji (two UTF-16 units) throughout.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from ctypes import wintypes
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from windows_lab import deletes_like_posix

from harness.payload.launcher import launcher
from harness.payload.pe import SMALLEST, library_header
from harness.platform.windows import win32
from harness.platform.windows.holders import handle_scan
from harness.platform.windows.windows_files import WindowsFileSystem, verbatim
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    INVALID_PARAMETER,
    LOCK_VIOLATION,
    OPEN_FAILED,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
    win32_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.strategy.file_calls import RenamePrimitive

WINE = win32.wine_version() is not None
HAS_POSIX = not WINE and deletes_like_posix(tempfile.gettempdir())
needs_posix = pytest.mark.skipif(not HAS_POSIX, reason="no POSIX renames and deletes here")
on_wine = pytest.mark.skipif(not WINE, reason="what Wine lacks")
TICK_S = 0.016
"""A plain timer of Windows may end one tick of its clock early (learn.microsoft.com, "Sleep")."""
IN_THE_WAY = {ACCESS_DENIED, SHARING_VIOLATION, OPEN_FAILED}
"""What changing a program may say while somebody has it open: it depends on how, and when. uv#20567
reports the last."""
INVALID_HANDLE = 6
FILE_INVALID = 1006
INVALID_FUNCTION = 1
BAD_EXE_FORMAT = 193

# Microsoft, MS-ERREF, section 2.3.1
STATUS_OBJECT_NAME_NOT_FOUND = 0xC0000034
STATUS_OBJECT_NAME_COLLISION = 0xC0000035
STATUS_ACCESS_DENIED = 0xC0000022
STATUS_SHARING_VIOLATION = 0xC0000043
STATUS_CANNOT_DELETE = 0xC0000121
STATUS_NOT_IMPLEMENTED = 0xC0000002

REPLACING: dict[RenamePrimitive, str] = {
    "move-replace": "MoveFileExW",
    "tempfile-persist": "MoveFileExW",
    "replace-file": "ReplaceFileW",
    "rust-rename": "MoveFileExW",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "Jürgen 太郎 🚀"
    path.mkdir()
    return path


@pytest.fixture
def source(folder: Path) -> Path:
    path = folder / "neu 新 🆕"
    path.write_bytes(b"new")
    return path


@pytest.fixture
def target(folder: Path) -> Path:
    path = folder / "Größe 大 📏"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def told() -> list[tuple[str, str | None]]:
    """What was told about refused calls."""
    return []


@pytest.fixture
def files(told: list[tuple[str, str | None]]) -> WindowsFileSystem:
    return WindowsFileSystem(lambda path, path2: told.append((path, path2)))


def refusal(call: Callable[..., object], *arguments: Any, **options: Any) -> OSError:
    """The error of a call that must fail."""
    try:
        call(*map(_plain, arguments), **options)
    except OSError as error:
        return error
    return pytest.fail("it was not refused")


def _plain(argument: Any) -> Any:
    return str(argument) if isinstance(argument, Path) else argument


@contextmanager
def held(path: Path, share: int = 0, access: int = win32.GENERIC_READ) -> Iterator[int]:
    with win32.opened(str(path), access, share) as handle:
        yield handle


# renaming


@pytest.mark.parametrize("primitive", ["move", "move-replace", "tempfile-persist", "rust-rename"])
def test_a_file_gets_a_name_that_was_free(
    primitive: RenamePrimitive, files: WindowsFileSystem, source: Path
) -> None:
    free = source.with_name("später 後 ⏳")
    assert files.rename(str(source), str(free), primitive) == "MoveFileExW"
    assert (free.read_bytes(), source.exists()) == (b"new", False)


@pytest.mark.parametrize("primitive", REPLACING)
def test_a_file_takes_the_place_of_another(
    primitive: RenamePrimitive, files: WindowsFileSystem, source: Path, target: Path
) -> None:
    assert files.rename(str(source), str(target), primitive) == REPLACING[primitive]
    assert (target.read_bytes(), source.exists()) == (b"new", False)


def test_a_move_without_replace_leaves_both_files(
    files: WindowsFileSystem, source: Path, target: Path
) -> None:
    error = refusal(files.rename, source, target, "move")
    assert error.winerror == ALREADY_EXISTS
    assert (source.read_bytes(), target.read_bytes()) == (b"new", b"old")


@pytest.mark.parametrize("primitive", ["move", "move-replace", "rust-rename"])
def test_a_directory_moves_with_what_is_in_it(
    primitive: RenamePrimitive, files: WindowsFileSystem, source: Path
) -> None:
    moved = source.parent.with_name("Ziel 的 🎯")
    files.rename(str(source.parent), str(moved), primitive)
    assert (moved / source.name).read_bytes() == b"new"
    assert not source.parent.exists()


@pytest.mark.parametrize("primitive", REPLACING)
def test_a_refused_rename_leaves_both_files(
    primitive: RenamePrimitive, files: WindowsFileSystem, source: Path, target: Path
) -> None:
    with held(source, win32.FILE_SHARE_READ):
        assert refusal(files.rename, source, target, primitive).winerror == SHARING_VIOLATION
        assert (source.read_bytes(), target.read_bytes()) == (b"new", b"old")


def test_a_file_is_made_with_its_content_where_none_is(
    files: WindowsFileSystem, source: Path, tmp_path: Path
) -> None:
    files.create_file(str(tmp_path / "made"), b"content")
    files.create_file(str(tmp_path / "empty"), b"")
    assert (tmp_path / "made").read_bytes() == b"content"
    assert (tmp_path / "empty").read_bytes() == b""
    assert refusal(files.create_file, source, b"other").winerror == FILE_EXISTS
    assert refusal(files.create_file, tmp_path / "no" / "file", b"").winerror == PATH_NOT_FOUND
    assert source.read_bytes() != b"other"


def test_replace_file_needs_a_file_to_replace(files: WindowsFileSystem, source: Path) -> None:
    absent = source.with_name("absent")
    error = refusal(files.rename, source, absent, "replace-file")
    assert error.winerror == FILE_NOT_FOUND
    assert (error.filename, error.filename2) == (str(source), str(absent))
    assert source.exists()


@pytest.fixture
def set_attributes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which attributes were set, in order; they are really set, too."""
    calls: list[tuple[str, int]] = []
    real = win32.set_attributes

    def note(path: str, attributes: int) -> None:
        calls.append((os.path.basename(path), attributes))
        real(path, attributes)

    monkeypatch.setattr(win32, "set_attributes", note)
    return calls


def test_a_persisted_file_is_no_longer_temporary_nor_read_only(
    files: WindowsFileSystem, source: Path, target: Path, set_attributes: list[tuple[str, int]]
) -> None:
    win32.set_attributes(str(source), win32.FILE_ATTRIBUTE_TEMPORARY | 1)
    files.rename(str(source), str(target), "tempfile-persist")
    assert win32.get_attributes(str(target)) & (win32.FILE_ATTRIBUTE_TEMPORARY | 1) == 0
    assert set_attributes[1:] == [(source.name, win32.FILE_ATTRIBUTE_NORMAL)]


def test_a_file_that_could_not_be_persisted_is_temporary_again(
    files: WindowsFileSystem, source: Path, target: Path, set_attributes: list[tuple[str, int]]
) -> None:
    with held(target):
        assert refusal(files.rename, source, target, "tempfile-persist").winerror == ACCESS_DENIED
    assert set_attributes == [
        (source.name, win32.FILE_ATTRIBUTE_NORMAL),
        (source.name, win32.FILE_ATTRIBUTE_TEMPORARY),
    ]
    if not WINE:  # which does not keep this attribute
        assert win32.get_attributes(str(source)) & win32.FILE_ATTRIBUTE_TEMPORARY


def test_the_refusal_counts_and_not_that_the_file_cannot_be_temporary_again(
    files: WindowsFileSystem, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, attributes: int) -> None:
        if attributes == win32.FILE_ATTRIBUTE_TEMPORARY:
            raise win32_error(FILE_NOT_FOUND, path)

    monkeypatch.setattr(win32, "set_attributes", refuse)
    with held(target):
        assert refusal(files.rename, source, target, "tempfile-persist").winerror == ACCESS_DENIED


def test_persisting_what_is_gone_says_so_once(
    files: WindowsFileSystem, folder: Path, told: list[tuple[str, str | None]]
) -> None:
    gone, target = str(folder / "gone"), str(folder / "target")
    error = refusal(files.rename, gone, target, "tempfile-persist")
    assert (error.winerror, error.filename) == (FILE_NOT_FOUND, gone)
    assert told == [(gone, target)]


def test_rust_replaces_a_held_file_where_there_are_posix_semantics(
    files: WindowsFileSystem, source: Path, target: Path
) -> None:
    with held(target, win32.FILE_SHARE_ALL) as handle:
        if HAS_POSIX:
            made_by = files.rename(str(source), str(target), "rust-rename")
            assert made_by in {"FileRenameInfoEx", "MoveFileExW"}  # which may have them itself one day
            assert target.read_bytes() == b"new"
            assert win32.read_all(handle, "") == b"old"
        else:
            assert refusal(files.rename, source, target, "rust-rename").winerror == ACCESS_DENIED
            assert target.read_bytes() == b"old"


def test_rust_replaces_an_empty_directory_only_with_posix_semantics(
    files: WindowsFileSystem, source: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "leer 空 🕳"
    empty.mkdir()
    if HAS_POSIX:
        assert files.rename(str(source.parent), str(empty), "rust-rename") == "FileRenameInfoEx"
        assert (empty / source.name).read_bytes() == b"new"
    else:
        assert refusal(files.rename, source.parent, empty, "rust-rename").winerror == ACCESS_DENIED


def test_rust_says_that_a_directory_is_not_empty_where_it_can_tell(
    files: WindowsFileSystem, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "full" / "child").mkdir(parents=True)
    error = refusal(files.rename, source.parent, tmp_path / "full", "rust-rename")
    assert error.winerror == (DIR_NOT_EMPTY if HAS_POSIX else ACCESS_DENIED)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (DIR_NOT_EMPTY, DIR_NOT_EMPTY),
        (INVALID_PARAMETER, ACCESS_DENIED),
        (SHARING_VIOLATION, ACCESS_DENIED),
    ],
)
def test_of_two_refusals_rust_says_the_first_unless_a_directory_is_not_empty(
    second: int,
    said: int,
    files: WindowsFileSystem,
    source: Path,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*paths: str) -> None:
        raise win32_error(second, *paths)

    monkeypatch.setattr(win32, "rename_by_handle", refuse)
    with held(target):
        assert refusal(files.rename, source, target, "rust-rename").winerror == said


def test_rust_tries_posix_semantics_only_after_an_access_denied(
    files: WindowsFileSystem, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(win32, "rename_by_handle", lambda *_: pytest.fail("it was tried"))
    with held(source):
        assert refusal(files.rename, source, target, "rust-rename").winerror == SHARING_VIOLATION


# POSIX semantics


def _posix_rename(source: str, target: str) -> None:
    made_by = WindowsFileSystem(lambda *_: None).rename(source, target, "posix-rename")
    assert made_by == "FileRenameInfoEx"


def _posix_delete(path: str) -> None:
    WindowsFileSystem(lambda *_: None).delete_file(path, "posix-delete")


@needs_posix
@pytest.mark.parametrize("rename", [_posix_rename, win32.nt_rename])
def test_a_posix_rename_replaces_a_file_that_somebody_goes_on_reading(
    rename: Callable[[str, str], None], source: Path, target: Path
) -> None:
    with held(target, win32.FILE_SHARE_ALL) as handle:
        rename(str(source), str(target))
        assert target.read_bytes() == b"new"
        assert win32.read_all(handle, "") == b"old"
    assert not source.exists()


@needs_posix
@pytest.mark.parametrize("delete", [_posix_delete, win32.nt_delete])
def test_after_a_posix_delete_the_name_is_free_while_the_file_is_open(
    delete: Callable[[str], None], target: Path
) -> None:
    with held(target, win32.FILE_SHARE_ALL) as handle:
        delete(str(target))
        target.mkdir()
        assert win32.read_all(handle, "") == b"old"


@on_wine
@pytest.mark.parametrize(
    ("rename", "code", "status"),
    [
        (_posix_rename, INVALID_PARAMETER, None),
        (win32.nt_rename, INVALID_FUNCTION, STATUS_NOT_IMPLEMENTED),
    ],
)
def test_wine_has_no_posix_rename(
    rename: Callable[[str, str], None], code: int, status: int | None, source: Path, target: Path
) -> None:
    error = refusal(rename, source, target)
    assert (error.winerror, win32.ntstatus_of(error)) == (code, status)
    assert (error.filename, error.filename2) == (str(source), str(target))
    assert (source.read_bytes(), target.read_bytes()) == (b"new", b"old")


@on_wine
@pytest.mark.parametrize(
    ("delete", "code", "status"),
    [
        (_posix_delete, INVALID_PARAMETER, None),
        (win32.nt_delete, INVALID_FUNCTION, STATUS_NOT_IMPLEMENTED),
    ],
)
def test_wine_has_no_posix_delete(
    delete: Callable[[str], None], code: int, status: int | None, target: Path
) -> None:
    error = refusal(delete, target)
    assert (error.winerror, win32.ntstatus_of(error), error.filename) == (code, status, str(target))
    assert target.exists()


@pytest.mark.parametrize("rename", [_posix_rename, win32.nt_rename])
def test_a_posix_rename_opens_its_source_for_deletion(
    rename: Callable[[str, str], None], source: Path, target: Path
) -> None:
    with held(source, win32.FILE_SHARE_READ | win32.FILE_SHARE_WRITE):
        assert refusal(rename, source, target).winerror == SHARING_VIOLATION


# FILE_RENAME_INFO of winbase.h, as the SDK lays it out
class FileRenameInfo(ctypes.Structure):
    _fields_ = (
        ("flags", wintypes.DWORD),
        ("root", wintypes.HANDLE),
        ("length", wintypes.DWORD),
        ("name", wintypes.WCHAR * 1),
    )


NAMES = st.text(st.characters(exclude_characters='\0<>:"/\\|?*', exclude_categories=["Cc"]), min_size=1)


@given(NAMES, st.integers(0, 0xFFFFFFFF))
def test_a_rename_is_laid_out_as_the_sdk_says(name: str, flags: int) -> None:
    info = win32.rename_info(name, flags)
    assert len(info) >= ctypes.sizeof(FileRenameInfo)
    head = FileRenameInfo.from_buffer_copy(info)
    assert (head.flags, head.root) == (flags, None)
    begin = FileRenameInfo.name.offset
    assert info[begin : begin + head.length].decode("utf-16-le", "surrogatepass") == name
    assert info[begin + head.length :] == b"\0\0"


def test_a_rename_replaces_with_posix_semantics_unless_told_otherwise() -> None:
    # FILE_RENAME_REPLACE_IF_EXISTS 1 and FILE_RENAME_POSIX_SEMANTICS 2 (ntifs.h)
    assert FileRenameInfo.from_buffer_copy(win32.rename_info("C:\\x")).flags == 3


# Windows drops dots and spaces at the end, and finds devices in short names; those are not asked for.
PARTS = st.lists(NAMES.map(lambda name: f"-{name}-"), min_size=1, max_size=5)


@given(PARTS, st.sampled_from(["C:", "\\\\server\\share"]))
def test_a_verbatim_path_has_the_same_parts(parts: list[str], root: str) -> None:
    plain = "\\".join([root, *parts])
    spelled = verbatim(plain)
    assert spelled.split("\\")[2:3] == ["?"]
    assert spelled.split("\\")[-len(parts) :] == parts
    assert spelled == "\\\\?\\" + plain.replace("\\\\server", "UNC\\server")
    assert verbatim(spelled) == spelled
    assert verbatim(plain.replace("\\", "/")) == spelled


@given(PARTS, st.sampled_from(["C:", "\\\\server\\share"]))
def test_the_kernel_knows_a_plain_path_and_a_verbatim_one_by_the_same_name(
    parts: list[str], root: str
) -> None:
    plain = "\\".join([root, *parts])
    named = win32.nt_path(plain)
    assert named == "\\??\\" + plain.replace("\\\\server", "UNC\\server")
    assert win32.nt_path(verbatim(plain)) == named


# deleting, making, linking, copying


def test_a_deleted_file_is_gone(files: WindowsFileSystem, target: Path) -> None:
    files.delete_file(str(target))
    assert not target.exists()


def test_a_marked_file_is_gone_when_its_handle_is_closed(target: Path) -> None:
    with win32.opened(str(target), win32.DELETE, win32.FILE_SHARE_ALL) as handle:
        win32.mark_for_deletion(handle)
    assert not target.exists()


def test_only_an_empty_directory_can_be_removed(files: WindowsFileSystem, source: Path) -> None:
    assert refusal(files.remove_directory, source.parent).winerror == DIR_NOT_EMPTY
    source.unlink()
    files.remove_directory(str(source.parent))
    assert not source.parent.exists()


def test_a_directory_is_made_once(folder: Path) -> None:
    win32.create_directory(str(folder / "neu 新"))
    assert (folder / "neu 新").is_dir()
    assert refusal(win32.create_directory, folder / "neu 新").winerror == ALREADY_EXISTS


def test_a_hard_link_is_the_same_file_by_a_second_name(files: WindowsFileSystem, source: Path) -> None:
    link = source.with_name("zweiter 二 🔗")
    files.create_hard_link(str(source), str(link))
    link.write_bytes(b"through the link")
    assert source.read_bytes() == b"through the link"
    assert os.path.samefile(source, link)


def test_a_hard_link_never_replaces(files: WindowsFileSystem, source: Path, target: Path) -> None:
    error = refusal(files.create_hard_link, source, target)
    assert (error.winerror, error.filename, error.filename2) == (
        ALREADY_EXISTS,
        str(source),
        str(target),
    )
    assert target.read_bytes() == b"old"


def test_a_copy_goes_over_what_is_there(files: WindowsFileSystem, source: Path, target: Path) -> None:
    files.copy_file(str(source), str(target))
    assert (source.read_bytes(), target.read_bytes()) == (b"new", b"new")


def test_a_copy_does_not_go_over_what_nobody_may_write(
    files: WindowsFileSystem, source: Path, target: Path
) -> None:
    with held(target, win32.FILE_SHARE_READ):
        assert refusal(files.copy_file, source, target).winerror == SHARING_VIOLATION
        assert target.read_bytes() == b"old"


# reading and writing


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20_000])
def test_what_was_written_is_read(files: WindowsFileSystem, target: Path, content: bytes) -> None:
    files.rewrite_file(str(target), content)
    assert target.read_bytes() == content
    assert files.read_file(str(target)) == content


def test_a_rewrite_leaves_nothing_of_a_longer_file(files: WindowsFileSystem, target: Path) -> None:
    target.write_bytes(b"much longer than the next")
    files.rewrite_file(str(target), b"short")
    assert target.read_bytes() == b"short"


@pytest.mark.parametrize("share", [win32.FILE_SHARE_READ, win32.FILE_SHARE_WRITE])
def test_files_are_opened_as_the_c_runtime_does(
    share: int, files: WindowsFileSystem, target: Path
) -> None:
    with held(target, share, win32.FILE_READ_ATTRIBUTES | win32.DELETE):
        # it does not share deletion, so that who may delete the file is in its way
        assert refusal(files.read_file, target).winerror == SHARING_VIOLATION
        assert refusal(files.rewrite_file, target, b"").winerror == SHARING_VIOLATION
    assert target.read_bytes() == b"old"


def test_who_opens_says_whether_the_file_may_be_there(folder: Path, target: Path) -> None:
    make_new = partial(win32.open_handle, access=win32.GENERIC_WRITE, share=0, disposition=1)
    assert refusal(make_new, target).winerror == FILE_EXISTS
    win32.close(make_new(str(folder / "fresh")))
    assert (folder / "fresh").read_bytes() == b""


def test_a_handle_is_closed_at_the_end_even_after_an_error(
    files: WindowsFileSystem, target: Path
) -> None:
    with suppress(KeyError), win32.opened(str(target), win32.GENERIC_READ, 0):
        assert refusal(files.read_file, target).winerror == SHARING_VIOLATION
        raise KeyError
    assert files.read_file(str(target)) == b"old"


def test_a_directory_can_be_opened(folder: Path) -> None:
    with win32.opened(str(folder), win32.GENERIC_READ, win32.FILE_SHARE_READ):
        assert refusal(win32.move, folder, folder.with_name("moved"), 0).winerror == SHARING_VIOLATION


def test_an_open_file_tells_its_verbatim_path(target: Path) -> None:
    with held(target) as handle:
        place = win32.final_path(handle)
    assert place.startswith("\\\\?\\")
    assert place.endswith(f"\\{target.parent.name}\\{target.name}")
    assert os.path.samefile(place, target)


@pytest.mark.skipif(WINE, reason="Wine tells where the file was opened")
def test_an_open_file_tells_where_it_is_now(source: Path, tmp_path: Path) -> None:
    with held(source, win32.FILE_SHARE_ALL) as handle:
        source.rename(tmp_path / "moved")
        assert os.path.basename(win32.final_path(handle)) == "moved"


# byte ranges and sections


def test_bytes_belong_to_one_handle_until_it_is_closed(target: Path) -> None:
    with held(target, win32.FILE_SHARE_ALL) as second:
        with held(target, win32.FILE_SHARE_ALL) as first:
            win32.lock_all(first, str(target))
            assert refusal(win32.lock_all, second, target).winerror == LOCK_VIOLATION
            if not WINE:  # where locks stop nobody who does not ask
                assert refusal(win32.read_all, second, target).winerror == LOCK_VIOLATION
        win32.lock_all(second, str(target))


def test_a_mapping_outlives_its_handle_and_keeps_the_file(
    files: WindowsFileSystem, source: Path, target: Path
) -> None:
    with held(target) as handle:
        view = win32.map_view(handle, str(target), image=False)
    assert ctypes.string_at(view, 3) == b"old"
    assert refusal(win32.move, source, target, 1).winerror == ACCESS_DENIED
    assert refusal(files.rewrite_file, target, b"").winerror == USER_MAPPED_FILE
    win32.unmap(view)
    win32.move(str(source), str(target), 1)
    assert target.read_bytes() == b"new"


def test_an_image_is_laid_out_as_a_loaded_program(files: WindowsFileSystem, folder: Path) -> None:
    program = folder / "Bibliothek 庫.dll"
    program.write_bytes(library_header(SMALLEST).ljust(SMALLEST, b"\xc3"))
    with held(program) as handle:
        view = win32.map_view(handle, str(program), image=True)
    assert ctypes.string_at(view, 2) == b"MZ"
    assert ctypes.string_at(view + 0x1000, 1) == b"\xc3"  # its code begins on a page of its own
    assert refusal(files.rewrite_file, program, b"").winerror == SHARING_VIOLATION
    win32.unmap(view)
    files.rewrite_file(str(program), b"")


@pytest.mark.parametrize(
    ("content", "image", "code"), [(b"", False, FILE_INVALID), (b"text", True, BAD_EXE_FORMAT)]
)
def test_what_cannot_be_mapped_is_refused(content: bytes, image: bool, code: int, target: Path) -> None:
    target.write_bytes(content)
    with held(target) as handle:
        error = refusal(win32.map_view, handle, target, image=image)
    assert (error.winerror, error.filename) == (code, str(target))


# resources of programs


@pytest.fixture
def program(folder: Path) -> Path:
    path = folder / "httpx ü 🚀.exe"
    path.write_bytes(launcher("httpx = httpx:main"))
    return path


def add_resource(files: WindowsFileSystem, path: Path, name: str, data: bytes) -> None:
    """Until it works: on a real machine a scanner reads a program that was just written."""
    deadline = time.monotonic() + 30
    while True:
        try:
            files.add_resource(str(path), name, data)
        except OSError as error:
            if error.winerror not in IN_THE_WAY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def test_a_launcher_gets_a_resource(files: WindowsFileSystem, program: Path) -> None:
    assert files.read_resource(str(program), "PERSIST") is None
    add_resource(files, program, "PERSIST", b"installed\0by a test")
    assert files.read_resource(str(program), "PERSIST") == b"installed\0by a test"
    assert files.read_resource(str(program), "OTHER") is None
    assert program.read_bytes()[:2] == b"MZ"


def test_a_program_that_somebody_reads_is_not_changed(files: WindowsFileSystem, program: Path) -> None:
    before = program.read_bytes()
    with held(program, win32.FILE_SHARE_READ):
        error = refusal(files.add_resource, program, "PERSIST", b"installed")
        assert error.winerror in IN_THE_WAY
        assert program.read_bytes() == before
    add_resource(files, program, "PERSIST", b"installed")
    assert files.read_resource(str(program), "PERSIST") == b"installed"


def test_a_program_that_is_not_there_gets_no_resource(folder: Path) -> None:
    error = refusal(win32.update_resource, folder / "absent.exe", "PERSIST", b"")
    assert (error.winerror, error.filename) == (FILE_NOT_FOUND, str(folder / "absent.exe"))
    assert refusal(win32.read_resource, folder / "absent.exe", "PERSIST").winerror == FILE_NOT_FOUND


def test_what_is_no_program_gets_no_resource_and_a_code_that_is_no_success(target: Path) -> None:
    assert refusal(win32.update_resource, target, "PERSIST", b"installed").winerror != 0
    assert refusal(win32.read_resource, target, "PERSIST").winerror == BAD_EXE_FORMAT
    assert target.read_bytes() == b"old"


# long paths


def test_verbatim_paths_may_be_longer_than_260_characters(
    files: WindowsFileSystem, folder: Path
) -> None:
    deep = os.path.join(verbatim(str(folder)), *["tief 深 " * 8 + "🚀"] * 5)
    os.makedirs(deep)
    one, other = os.path.join(deep, "one"), os.path.join(deep, "other")
    assert len(one) > 350
    files.rewrite_file(one, b"first")
    files.rename(one, other, "move")
    files.copy_file(other, one)
    for primitive in REPLACING:
        files.rewrite_file(one, primitive.encode())
        files.rename(one, other, primitive)
        assert files.read_file(other) == primitive.encode()
    files.create_hard_link(other, one)
    if not WINE:  # whose GetFinalPathNameByHandleW knows no more than 260 characters
        with win32.opened(one, win32.GENERIC_READ, 0) as handle:
            assert os.path.samefile(win32.final_path(handle), one)
    if HAS_POSIX:
        files.rename(one, other, "posix-rename")
        win32.nt_rename(other, one)
        files.delete_file(one, "posix-delete")
    else:
        files.delete_file(one)
        files.delete_file(other)
    files.remove_directory(deep)
    assert not os.path.exists(deep)


# what a refusal says


@pytest.mark.parametrize(
    ("call", "python"),
    [
        (win32.delete_file, os.remove),
        (win32.remove_directory, os.rmdir),
        (win32.get_attributes, os.stat),
        (partial(win32.move, flags=0), os.rename),
        (win32.create_hard_link, os.link),
    ],
)
def test_a_refusal_is_the_error_that_python_would_raise(
    call: Callable[..., object], python: Callable[..., object], folder: Path
) -> None:
    paths = [folder / "absent", folder / "other"]
    if python not in {os.rename, os.link}:
        paths.pop()
    ours, theirs = refusal(call, *paths), refusal(python, *paths)
    assert type(ours) is type(theirs)
    assert (ours.errno, ours.winerror) == (theirs.errno, theirs.winerror)
    assert (ours.filename, ours.filename2) == (theirs.filename, theirs.filename2)
    assert ours.strerror == theirs.strerror


def test_the_kernels_own_status_is_told_with_the_code(source: Path, target: Path, folder: Path) -> None:
    with held(source):
        told = [
            refusal(win32.delete_file, folder / "absent"),
            refusal(win32.move, source, folder / "free", 0),
            refusal(win32.create_hard_link, target, source),
        ]
    assert [(error.winerror, win32.ntstatus_of(error)) for error in told] == [
        (FILE_NOT_FOUND, STATUS_OBJECT_NAME_NOT_FOUND),
        (SHARING_VIOLATION, STATUS_SHARING_VIOLATION),
        (ALREADY_EXISTS, STATUS_OBJECT_NAME_COLLISION),
    ]


def test_the_status_tells_two_refusals_of_the_same_code_apart(source: Path, target: Path) -> None:
    win32.set_attributes(str(source), 1)  # read-only
    try:
        deleted = refusal(win32.delete_file, source)
    finally:
        win32.set_attributes(str(source), win32.FILE_ATTRIBUTE_NORMAL)
    with held(target):
        replaced = refusal(win32.move, source, target, 1)
    assert (deleted.winerror, replaced.winerror) == (ACCESS_DENIED, ACCESS_DENIED)
    assert win32.ntstatus_of(deleted) == STATUS_CANNOT_DELETE
    assert win32.ntstatus_of(replaced) == STATUS_ACCESS_DENIED


def test_the_status_of_an_earlier_call_is_not_told(target: Path) -> None:
    with held(target):
        refused = refusal(win32.delete_file, target)
    assert win32.ntstatus_of(refused) == STATUS_SHARING_VIOLATION
    ctypes.set_last_error(PATH_NOT_FOUND)  # as a call does that never gets to the kernel
    later = win32.failure(str(target))
    assert (later.winerror, win32.ntstatus_of(later)) == (PATH_NOT_FOUND, None)


def test_other_errors_have_no_status() -> None:
    assert win32.ntstatus_of(OSError(2, "absent")) is None


def test_a_handle_that_does_not_exist_is_an_error() -> None:
    for call in (win32.close, win32.set_event, win32.final_path, win32.mark_for_deletion):
        assert refusal(call, 0x7FFFFFF0).winerror == INVALID_HANDLE


def test_every_refused_call_is_told_with_its_paths(
    files: WindowsFileSystem, told: list[tuple[str, str | None]], folder: Path
) -> None:
    one, two = str(folder / "absent" / "one"), str(folder / "absent" / "two")
    calls: list[tuple[Callable[..., object], str, str | None]] = [
        *((partial(files.rename, primitive=name), one, two) for name in ("move", *REPLACING)),
        (files.create_hard_link, one, two),
        (files.copy_file, one, two),
        (files.delete_file, one, None),
        (partial(files.delete_file, primitive="posix-delete"), one, None),
        (files.remove_directory, one, None),
        (files.read_file, one, None),
        (partial(files.rewrite_file, content=b""), one, None),
        (partial(files.add_resource, name="NAME", data=b""), one, None),
    ]
    for call, *paths in calls:
        refusal(call, *(path for path in paths if path))
    assert told == [(path, path2) for _, path, path2 in calls]


def test_nothing_is_told_of_calls_that_succeed(
    files: WindowsFileSystem, told: list[tuple[str, str | None]], source: Path, target: Path
) -> None:
    files.rename(str(source), str(target), "move-replace")
    files.read_file(str(target))
    files.delete_file(str(target))
    assert told == []


# handles


def handles_of_this_process() -> int:
    """As the kernel lists them (Wine's ``GetProcessHandleCount`` counts nothing)."""
    here = os.getpid()
    return sum(process == here for process, _, _ in handle_scan._handles())


def test_calls_leave_no_handle_open(files: WindowsFileSystem, folder: Path, program: Path) -> None:
    new, old, absent = str(folder / "new"), str(folder / "old"), str(folder / "absent" / "name")
    files.rewrite_file(new, b"new")
    files.rewrite_file(old, b"old")
    win32.set_attributes(old, 1)  # read-only: a delete is refused only when the file was opened for it

    def map_image() -> None:
        with win32.opened(old, win32.GENERIC_READ, win32.FILE_SHARE_ALL) as handle:
            win32.map_view(handle, old, image=True)

    def map_data() -> None:
        with win32.opened(old, win32.GENERIC_READ, win32.FILE_SHARE_ALL) as handle:
            win32.unmap(win32.map_view(handle, old, image=False))

    calls: list[Callable[[], object]] = [
        *(partial(files.rename, new, absent, primitive) for primitive in REPLACING),
        partial(files.rename, new, absent, "posix-rename"),
        partial(win32.nt_rename, new, absent),
        partial(files.delete_file, old),
        partial(files.delete_file, old, "posix-delete"),
        partial(win32.nt_delete, old),
        partial(files.read_file, str(folder)),
        partial(files.rewrite_file, absent, b""),
        partial(files.create_hard_link, new, old),
        partial(files.copy_file, new, absent),
        partial(files.add_resource, new, "NAME", b""),
        partial(files.read_resource, absent, "NAME"),
        partial(files.read_resource, str(program), "NAME"),
        map_image,
        map_data,
        win32.Timer().close,
    ]
    times = 40
    for call in calls:
        with suppress(OSError):
            call()  # the first call may load what stays
        before = handles_of_this_process()
        for _ in range(times):
            with suppress(OSError):
                call()
        assert handles_of_this_process() - before < times / 2, call
    assert os.path.exists(new)
    win32.set_attributes(old, win32.FILE_ATTRIBUTE_NORMAL)


def test_timers_events_and_jobs_are_given_back() -> None:
    before = handles_of_this_process()
    for _ in range(100):
        win32.close(win32.create_event())
        win32.close(win32.create_job())
        win32.Timer().close()
    assert handles_of_this_process() - before < 50


# waiting


@pytest.fixture
def timer() -> Iterator[win32.Timer]:
    made = win32.Timer()
    yield made
    made.close()


@pytest.mark.parametrize("seconds", [0.02, 0.06])
def test_a_timer_waits_as_long_as_it_was_asked(timer: win32.Timer, seconds: float) -> None:
    began = time.perf_counter()
    assert timer.wait(seconds) is None
    assert time.perf_counter() - began >= seconds - (0.001 if timer.is_precise else TICK_S)


@pytest.mark.parametrize("seconds", [0, -600])
def test_a_wait_whose_time_is_over_ends(timer: win32.Timer, seconds: float) -> None:
    assert timer.wait(seconds) is None


def test_an_event_that_is_set_ends_a_long_wait(timer: win32.Timer) -> None:
    one, other = win32.create_event(), win32.create_event()
    setting = threading.Thread(target=win32.set_event, args=(other,))
    setting.start()
    assert timer.wait(600, one, other) == 1
    assert timer.wait_for(one, other) == 1
    win32.set_event(one)
    assert timer.wait(600, one, other) == 0
    setting.join()
    win32.close(one)
    win32.close(other)


def test_a_timer_that_was_ended_early_waits_anew(timer: win32.Timer) -> None:
    event = win32.create_event(resets_itself=True)
    win32.set_event(event)
    assert timer.wait(0.001, event) == 0
    began = time.perf_counter()
    assert timer.wait(0.05, event) is None
    assert time.perf_counter() - began >= 0.05 - TICK_S
    win32.close(event)


@pytest.mark.parametrize(("resets_itself", "second"), [(True, None), (False, 0)])
def test_an_event_stays_set_unless_it_resets_itself(
    resets_itself: bool, second: int | None, timer: win32.Timer
) -> None:
    event = win32.create_event(resets_itself=resets_itself)
    assert timer.wait(0.001, event) is None
    win32.set_event(event)
    assert timer.wait(600, event) == 0
    assert timer.wait(0.001, event) == second
    win32.close(event)


def test_waiting_for_a_handle_that_does_not_exist_is_an_error(timer: win32.Timer) -> None:
    assert refusal(timer.wait_for, 0x7FFFFFF0).winerror == INVALID_HANDLE


# processes


def test_a_job_ends_its_processes_when_its_handle_is_closed() -> None:
    echo = "import sys; [print(line, end='', flush=True) for line in sys.stdin]"
    job = win32.create_job()
    with subprocess.Popen(
        [sys.executable, "-c", echo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        win32.add_to_job(job, int(cast("Any", process)._handle))
        process.stdin.write("alive\n")
        process.stdin.flush()
        assert process.stdout.readline() == "alive\n"
        win32.close(job)
        process.wait(30)  # though its input goes on
        assert process.stdout.read() == ""


def test_wine_says_which_it_is_and_windows_says_nothing() -> None:
    assert hasattr(win32.ntdll, "wine_get_version") == WINE
    assert win32.wine_version() is None or str(win32.wine_version())[0].isdigit()
