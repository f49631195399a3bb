"""The primitives on real files: what they do, what they leave behind, what a failure reports.

Names have umlauts, Chinese and an emoji (two UTF-16 units) throughout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from win32_files_lab import (
    HAS_POSIX,
    WINE,
    held,
    refusal,
)

if sys.platform != "win32":
    pytest.skip("needs Windows, or Wine", allow_module_level=True)

from harness.platform.windows.rules_lab import other_calls
from harness.platform.windows.win32 import file_content, file_handles, file_names, waiting
from harness.platform.windows.windows_files import WindowsFileSystem, verbatim
from harness.winerror import (
    ACCESS_DENIED,
    ALREADY_EXISTS,
    DIR_NOT_EMPTY,
    FILE_EXISTS,
    FILE_NOT_FOUND,
    INVALID_PARAMETER,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    win32_error,
)

if TYPE_CHECKING:
    from harness.strategy.file_calls import RenamePrimitive


REPLACING: dict[RenamePrimitive, str] = {
    "move-replace": "MoveFileExW",
    "tempfile-persist": "MoveFileExW",
    "replace-file": "ReplaceFileW",
    "rust-rename": "MoveFileExW",
}
NAMES = st.text(st.characters(exclude_characters='\0<>:"/\\|?*', exclude_categories=["Cc"]), min_size=1)


@pytest.fixture
def set_attributes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which attributes were set, in order; they are really set, too."""
    calls: list[tuple[str, int]] = []
    real = file_names.set_attributes

    def note(path: str, attributes: int) -> None:
        calls.append((os.path.basename(path), attributes))
        real(path, attributes)

    monkeypatch.setattr(file_names, "set_attributes", note)
    return calls


# Windows drops dots and spaces at the end, and finds devices in short names; those are not asked for.
PARTS = st.lists(NAMES.map(lambda name: f"-{name}-"), min_size=1, max_size=5)


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
    with held(source, file_handles.FILE_SHARE_READ):
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


def test_a_persisted_file_is_no_longer_temporary_nor_read_only(
    files: WindowsFileSystem, source: Path, target: Path, set_attributes: list[tuple[str, int]]
) -> None:
    file_names.set_attributes(str(source), file_names.FILE_ATTRIBUTE_TEMPORARY | 1)
    files.rename(str(source), str(target), "tempfile-persist")
    assert other_calls.get_attributes(str(target)) & (file_names.FILE_ATTRIBUTE_TEMPORARY | 1) == 0
    assert set_attributes[1:] == [(source.name, file_names.FILE_ATTRIBUTE_NORMAL)]


def test_a_file_that_could_not_be_persisted_is_temporary_again(
    files: WindowsFileSystem, source: Path, target: Path, set_attributes: list[tuple[str, int]]
) -> None:
    with held(target):
        assert refusal(files.rename, source, target, "tempfile-persist").winerror == ACCESS_DENIED
    assert set_attributes == [
        (source.name, file_names.FILE_ATTRIBUTE_NORMAL),
        (source.name, file_names.FILE_ATTRIBUTE_TEMPORARY),
    ]
    if not WINE:  # which does not keep this attribute
        assert other_calls.get_attributes(str(source)) & file_names.FILE_ATTRIBUTE_TEMPORARY


def test_the_refusal_counts_and_not_that_the_file_cannot_be_temporary_again(
    files: WindowsFileSystem, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, attributes: int) -> None:
        if attributes == file_names.FILE_ATTRIBUTE_TEMPORARY:
            raise win32_error(FILE_NOT_FOUND, path)

    monkeypatch.setattr(file_names, "set_attributes", refuse)
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
    with held(target, file_handles.FILE_SHARE_ALL) as handle:
        if HAS_POSIX:
            made_by = files.rename(str(source), str(target), "rust-rename")
            assert made_by in {"FileRenameInfoEx", "MoveFileExW"}  # which may have them itself one day
            assert target.read_bytes() == b"new"
            assert file_content.read_all(handle, "") == b"old"
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

    monkeypatch.setattr(file_names, "rename_by_handle", refuse)
    with held(target):
        assert refusal(files.rename, source, target, "rust-rename").winerror == said


def test_rust_tries_posix_semantics_only_after_an_access_denied(
    files: WindowsFileSystem, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_names, "rename_by_handle", lambda *_: pytest.fail("it was tried"))
    with held(source):
        assert refusal(files.rename, source, target, "rust-rename").winerror == SHARING_VIOLATION


@given(PARTS, st.sampled_from(["C:", "\\\\server\\share"]))
def test_a_verbatim_path_has_the_same_parts(parts: list[str], root: str) -> None:
    plain = "\\".join([root, *parts])
    spelled = verbatim(plain)
    assert spelled.split("\\")[2:3] == ["?"]
    assert spelled.split("\\")[-len(parts) :] == parts
    assert spelled == "\\\\?\\" + plain.replace("\\\\server", "UNC\\server")
    assert verbatim(spelled) == spelled
    assert verbatim(plain.replace("\\", "/")) == spelled


def test_a_deleted_file_is_gone(files: WindowsFileSystem, target: Path) -> None:
    files.delete_file(str(target))
    assert not target.exists()


def test_only_an_empty_directory_can_be_removed(files: WindowsFileSystem, source: Path) -> None:
    assert refusal(files.remove_directory, source.parent).winerror == DIR_NOT_EMPTY
    source.unlink()
    files.remove_directory(str(source.parent))
    assert not source.parent.exists()


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
    with held(target, file_handles.FILE_SHARE_READ):
        assert refusal(files.copy_file, source, target).winerror == SHARING_VIOLATION
        assert target.read_bytes() == b"old"


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20_000])
def test_what_was_written_is_read(files: WindowsFileSystem, target: Path, content: bytes) -> None:
    files.rewrite_file(str(target), content)
    assert target.read_bytes() == content
    assert files.read_file(str(target)) == content


def test_a_rewrite_leaves_nothing_of_a_longer_file(files: WindowsFileSystem, target: Path) -> None:
    target.write_bytes(b"much longer than the next")
    files.rewrite_file(str(target), b"short")
    assert target.read_bytes() == b"short"


@pytest.mark.parametrize("share", [file_handles.FILE_SHARE_READ, file_handles.FILE_SHARE_WRITE])
def test_files_are_opened_as_the_c_runtime_does(
    share: int, files: WindowsFileSystem, target: Path
) -> None:
    with held(target, share, file_handles.FILE_READ_ATTRIBUTES | file_handles.DELETE):
        # it does not share deletion, so that who may delete the file is in its way
        assert refusal(files.read_file, target).winerror == SHARING_VIOLATION
        assert refusal(files.rewrite_file, target, b"").winerror == SHARING_VIOLATION
    assert target.read_bytes() == b"old"


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
        with file_handles.opened(one, file_handles.GENERIC_READ, 0) as handle:
            assert os.path.samefile(file_handles.final_path(handle), one)
    if HAS_POSIX:
        files.rename(one, other, "posix-rename")
        other_calls.nt_rename(other, one)
        files.delete_file(one, "posix-delete")
    else:
        files.delete_file(one)
        files.delete_file(other)
    files.remove_directory(deep)
    assert not os.path.exists(deep)


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


def test_calls_leave_no_handle_open(files: WindowsFileSystem, folder: Path, program: Path) -> None:
    new, old, absent = str(folder / "new"), str(folder / "old"), str(folder / "absent" / "name")
    files.rewrite_file(new, b"new")
    files.rewrite_file(old, b"old")
    file_names.set_attributes(
        old, 1
    )  # read-only: a delete is refused only when the file was opened for it

    def map_image() -> None:
        with file_handles.opened(old, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL) as handle:
            file_content.map_view(handle, old, image=True)

    def map_data() -> None:
        with file_handles.opened(old, file_handles.GENERIC_READ, file_handles.FILE_SHARE_ALL) as handle:
            file_content.unmap(file_content.map_view(handle, old, image=False))

    calls: list[Callable[[], object]] = [
        *(partial(files.rename, new, absent, primitive) for primitive in REPLACING),
        partial(files.rename, new, absent, "posix-rename"),
        partial(other_calls.nt_rename, new, absent),
        partial(files.delete_file, old),
        partial(files.delete_file, old, "posix-delete"),
        partial(other_calls.nt_delete, old),
        partial(files.read_file, str(folder)),
        partial(files.rewrite_file, absent, b""),
        partial(files.create_hard_link, new, old),
        partial(files.copy_file, new, absent),
        partial(files.add_resource, new, "NAME", b""),
        partial(files.read_resource, absent, "NAME"),
        partial(files.read_resource, str(program), "NAME"),
        map_image,
        map_data,
        waiting.Timer().close,
    ]
    times = 40
    for call in calls:
        with suppress(OSError):
            call()  # the first call may load what stays
        before = other_calls.handles_of_this_process()
        for _ in range(times):
            with suppress(OSError):
                call()
        assert other_calls.handles_of_this_process() - before < times / 2, call
    assert os.path.exists(new)
    file_names.set_attributes(old, file_names.FILE_ATTRIBUTE_NORMAL)


pytest_plugins = ("win32_fixtures",)
