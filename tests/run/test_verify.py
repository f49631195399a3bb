"""What is at a destination is found by content, whatever the file system says of its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.payload import cache
from harness.payload.prepare import Item, items_of
from harness.record.trial_record import DestState
from harness.run import verify
from harness.run.verify import Verifier, leftovers
from harness.scenario.payload_models import FilesPayload, TreePayload, TreeShape


@pytest.fixture
def item(tmp_path: Path) -> Item:
    shape = TreeShape.model_validate({"folders": 1, "other": {"files": 3, "sizes": [4096] * 8}})
    payload = TreePayload(kind="tree", name="lib", shape=shape)
    (item,) = items_of(payload, tmp_path / "payload", generated=False)
    item.write(tmp_path / "written")
    return item


def without_number(status: os.stat_result) -> os.stat_result:
    """As of file systems that give their files no numbers of their own, some RAM disks among them."""
    return os.stat_result((status.st_mode, 0, *status[2:10]))


def test_files_without_numbers_are_not_taken_for_one(
    item: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len({file.sha256 for file in item.files}) > 1
    numbered = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: without_number(numbered(path)))
    verifier = Verifier()
    assert verifier.state(tmp_path / "written", item) == "new"
    victim = tmp_path / "written" / item.files[1].path
    content = victim.read_bytes()
    victim.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert verifier.state(tmp_path / "written", item) == "mixed"


def test_a_leftover_takes_room_unless_it_has_a_final_name_too(
    item: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where files have no numbers nobody can tell, and each is taken for one of its own."""
    root = tmp_path / "trial"
    (root / "staging").mkdir(parents=True)
    (root / "store").mkdir()
    first, second, _ = item.files
    os.link(tmp_path / "written" / first.path, root / "staging" / "first")
    os.link(tmp_path / "written" / second.path, root / "staging" / "second")
    os.link(tmp_path / "written" / first.path, root / "store" / "first")
    found = verify.leftovers(str(root), ".tmp-", ["staging"])
    assert (found.files, found.bytes) == (2, second.size)
    numbered = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: without_number(numbered(path)))
    found = verify.leftovers(str(root), ".tmp-", ["staging"])
    assert (found.files, found.bytes) == (2, first.size + second.size)


def test_a_file_with_two_names_is_read_once(
    item: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def sha256_of(path: str) -> str:
        read.append(path)
        return cache.sha256_of(path)

    monkeypatch.setattr(verify, "sha256_of", sha256_of)
    (tmp_path / "again").mkdir()
    for file in item.files:
        place = tmp_path / "again" / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(tmp_path / "written" / file.path, place)
    verifier = Verifier()
    assert verifier.state(tmp_path / "written", item) == "new"
    assert verifier.state(tmp_path / "again", item) == "new"
    assert len(read) == len(item.files)


def a_file(tmp_path: Path) -> Item:
    payload = FilesPayload(kind="files", name="entry", sizes=[4096])
    (item,) = items_of(payload, tmp_path / "payload", generated=False)
    return item


def test_a_single_file_is_new_old_missing_or_a_mixture(tmp_path: Path) -> None:
    item, old = a_file(tmp_path), b"the version before"
    place, verifier = tmp_path / "entry", Verifier()
    assert verifier.state(place, item, old) == "missing"
    item.write(place)
    assert verifier.state(place, item, old) == "new"
    content = place.read_bytes()
    place.write_bytes(content[:2048])  # torn: neither the one nor the other
    assert verifier.state(place, item, old) == "mixed"
    place.write_bytes(old)
    assert verifier.state(place, item, old) == "old"
    assert verifier.state(place, item) == "mixed"
    place.write_bytes(old + content)
    assert verifier.state(place, item, old) == "mixed"


def test_a_part_of_a_folder_is_whole_only_with_all_its_files(item: Item, tmp_path: Path) -> None:
    """In a folder that other items share, whose files do not count."""
    shared = tmp_path / "written"
    (shared / "of-another-item").write_bytes(b"anything")
    verifier = Verifier()
    assert verifier.state_of_part(shared, item) == "new"
    first, second, third = (shared / file.path for file in item.files)
    content = first.read_bytes()
    first.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert Verifier().state_of_part(shared, item) == "mixed"
    first.write_bytes(content)
    second.unlink()
    assert Verifier().state_of_part(shared, item) == "mixed"
    first.unlink()
    third.unlink()
    assert Verifier().state_of_part(shared, item) == "missing"


def linked_to(item: Item, root: Path) -> Path:
    item.lay_down(root, afresh=False)
    return root


def state_of(root: Path, item: Item, *, in_part: bool) -> DestState:
    """What a new trial finds, of the whole tree or of the item's part in it."""
    verifier = Verifier(links=True)
    return verifier.state_of_part(root, item) if in_part else verifier.state(root, item)


def test_a_link_to_a_pristine_file_is_not_read_again(
    item: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = linked_to(item, tmp_path / "linked")
    monkeypatch.setattr(verify, "sha256_of", lambda path: pytest.fail(f"{path} was read"))
    verifier = Verifier(links=True)
    assert verifier.state(tree, item) == "new"
    assert verifier.state_of_part(tree, item) == "new"
    (tree / "of-another-item").write_bytes(b"anything")
    assert verifier.state_of_part(tree, item) == "new"
    assert verifier.state(tree, item) == "mixed"


@pytest.mark.parametrize("in_part", [False, True])
def test_a_changed_pristine_file_is_read_and_found_out(
    item: Item, tmp_path: Path, *, in_part: bool
) -> None:
    """One byte, in place, through a link: the size is the same, and so is the file."""
    tree = linked_to(item, tmp_path / "linked")
    victim = tree / item.files[1].path
    content = victim.read_bytes()
    victim.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert state_of(tree, item, in_part=in_part) == "mixed"
    victim.write_bytes(content)
    assert state_of(tree, item, in_part=in_part) == "new"


@pytest.mark.parametrize("in_part", [False, True])
def test_files_that_are_no_links_are_read(item: Item, tmp_path: Path, *, in_part: bool) -> None:
    copies = tmp_path / "written"
    assert state_of(copies, item, in_part=in_part) == "new"
    victim = copies / item.files[0].path
    victim.unlink()
    assert state_of(copies, item, in_part=in_part) == "mixed"
    os.link(item.pristine / item.files[1].path, victim)  # pristine, by the name of another
    different = item.files[0].sha256 != item.files[1].sha256
    found = state_of(copies, item, in_part=in_part)
    assert found == ("mixed" if different else "new")
    assert state_of(tmp_path / "nothing", item, in_part=in_part) == "missing"


def test_renewed_bytes_are_no_longer_those_of_the_pristine_file(tmp_path: Path) -> None:
    shape = TreeShape.model_validate(
        {"folders": 1, "other": {"files": 1, "sizes": [64] * 8}, "pe": {"files": 1, "sizes": [4096] * 8}}
    )
    payload = TreePayload(kind="tree", name="lib", shape=shape)
    (published,) = items_of(payload, tmp_path / "payload", generated=False)
    tree = linked_to(published, tmp_path / "linked")
    assert Verifier(links=True).state(tree, published) == "new"
    assert Verifier(links=True).state(tree, published.renewed("another")) == "mixed"


def test_what_replace_file_leaves_of_the_old_file_is_left_over(tmp_path: Path) -> None:
    """ReplaceFileW, error 1177: the old file keeps a name of Windows' own."""
    (tmp_path / "tool.exe~RF3fa1b2c.TMP").write_bytes(b"old")
    (tmp_path / "notes~RF.TMP").write_bytes(b"another's")
    found = leftovers(str(tmp_path), ".tmp-", [])
    assert (found.files, found.bytes) == (1, 3)
