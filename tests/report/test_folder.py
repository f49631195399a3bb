"""A report appears whole or not at all, and never in the place of something else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.report.folder import MARKER, replaced


def write(target: Path, text: str) -> None:
    with replaced(target) as new:
        (new / "index.html").write_text(text)


def write_with_parents(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("years")


def fail_after_writing(page: Path, kind: type[BaseException]) -> None:
    page.write_text("half")
    raise kind


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_report_is_made_with_its_parents_and_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with replaced(target) as new:
        (new / "old.html").write_text("old")
    assert names(target) == [MARKER, "old.html"]
    write(target, "new")
    assert names(target) == [MARKER, "index.html"]
    assert names(target.parent) == ["b"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    write(tmp_path / "report", "new")
    assert (tmp_path / "report" / "index.html").read_text() == "new"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, OSError, ValueError])
def test_what_was_there_stays_if_anything_goes_wrong(tmp_path: Path, kind: type[BaseException]) -> None:
    write(tmp_path / "report", "old")
    with pytest.raises(kind), replaced(tmp_path / "report") as new:
        fail_after_writing(new / "index.html", kind)
    assert (tmp_path / "report" / "index.html").read_text() == "old"
    assert names(tmp_path) == ["report"]


def test_the_old_one_comes_back_if_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "report", "old")
    rename = Path.rename

    def held(self: Path, target: Path) -> Path:
        if self.name == "new":  # as where a scanner has a page open
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(PermissionError):
        write(tmp_path / "report", "new")
    assert (tmp_path / "report" / "index.html").read_text() == "old"
    assert names(tmp_path) == ["report"]


def test_other_people_s_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(InvalidInputError, match="something else than a report, and is left alone"):
        write(tmp_path / "mine", "new")
    assert names(tmp_path / "mine") == ["thesis.txt"]


def test_what_came_in_meanwhile_is_left_alone_too(tmp_path: Path) -> None:
    thesis = tmp_path / "report" / "thesis.txt"
    with (
        pytest.raises(InvalidInputError, match="something else than a report"),
        replaced(tmp_path / "report"),
    ):
        write_with_parents(thesis)
    assert names(tmp_path) == ["report"]
    assert names(tmp_path / "report") == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInputError, match="is not a folder"):
        write(tmp_path / "file", "new")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with pytest.raises(InvalidInputError, match="is not a folder"):
        write(tmp_path / "link", "new")


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInputError, match="cannot be written to"):
        write(tmp_path / "file" / "below" / "report", "new")
