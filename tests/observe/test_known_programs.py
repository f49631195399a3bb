"""Names of programs: well-known ones are shown, all others are not."""

from __future__ import annotations

import pytest

from harness.observe.known_programs import OTHERS, is_scanner, public_name


@pytest.mark.parametrize("name", ["uv.exe", "MsMpEng.exe", "SearchIndexer.exe", "npm.cmd", "python.exe"])
def test_well_known_programs_have_their_names(name: str) -> None:
    assert public_name(name) == name.lower()


@pytest.mark.parametrize("name", ["zelda-tool.exe", "uv.exe.bak", "C:\\x\\uv.exe", "", "uv\u202e.exe"])
def test_others_have_none(name: str) -> None:
    assert public_name(name) == OTHERS


def test_scanners_are_known_by_their_file() -> None:
    assert is_scanner("MsMpEng.exe")
    assert is_scanner("CSFalconService.exe")
    assert not is_scanner("SearchIndexer.exe")
    assert not is_scanner("uv.exe")
