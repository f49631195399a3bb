"""Volumes: what the file systems do, against what others have reported of them."""

from __future__ import annotations

from typing import get_args

import pytest

from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.volume import DELETE_RULES, FILE_SYSTEM_RULES, NTFS, VOLUMES, FileSystem

REPORTED: dict[FileSystem, tuple[str, int, int]] = {
    "ntfs": ("posix", 0, 0),  # Windows 10 1903 and later
    "ntfs-1809": ("classic", 0, 0),
    "refs": ("classic", 50, 50),  # nodejs/node#11663; rust-lang/rust#138133
    "exfat": ("classic", 1, 87),  # treeverse/dvc#8515; ChrisDenton in rust-lang/rust#138133
    "smb": ("classic", 0, 87),
}


@pytest.mark.parametrize("name", get_args(FileSystem))
def test_a_file_system_does_what_was_reported_of_it(name: FileSystem) -> None:
    volume = VOLUMES[name]
    assert (volume.deletes, volume.link_error, volume.posix_error) == REPORTED[name]


@pytest.mark.parametrize("name", get_args(FileSystem))
def test_every_way_in_which_a_file_system_differs_has_a_rule_with_a_source(name: FileSystem) -> None:
    volume, rules = VOLUMES[name], FILE_SYSTEM_RULES[name]
    texts = " ".join(rule.text for rule in rules)
    assert all(rule.source for rule in rules)
    for word, differs in (
        ("hard links", volume.link_error),
        ("POSIX renames", volume.posix_error),
        ("classically", volume.deletes != NTFS.deletes),
    ):
        assert (word in texts) == bool(differs), word


def test_both_kinds_of_deletes_have_a_rule() -> None:
    assert set(DELETE_RULES) == set(get_args(DeleteSemantics))
