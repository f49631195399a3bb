"""Exclusions of Defender, by their text alone."""

from __future__ import annotations

import pytest

from harness.platform.windows.environment.exclusions import covers_folder, covers_program, visible


@pytest.mark.parametrize(
    ("entry", "folder", "covered"),
    [
        ("C:\\", "c:\\a", "yes"),
        ("c:/Users/me", "C:\\USERS\\ME\\sub", "yes"),
        ("C:\\Users\\me\\", "\\\\?\\C:\\Users\\me", "yes"),
        ("C:\\Users\\me", "C:\\Users\\me2", "no"),
        ("C:\\Users\\me\\sub", "C:\\Users\\me", "no"),
        ("C:\\Users\\*\\Temp", "C:\\Users\\太郎\\Temp\\x", "yes"),
        ("C:\\Users\\*\\Temp", "C:\\Users\\a\\b\\Temp", "no"),
        ("C:\\a\\*", "C:\\a", "yes"),
        ("C:\\w[1]", "C:\\w[1]\\x", "yes"),
        ("C:\\w[1]", "C:\\w1", "no"),
        ("%ProgramData%\\x", "C:\\ProgramData\\x\\y", "yes"),
        ("%LOCALAPPDATA%\\Temp", "C:\\a", "undecided"),
        ("*", "C:\\a", "undecided"),
        ("python.exe", "C:\\a", "no"),
        ("*.exe", "C:\\a", "undecided"),
        ("C:\\a\\:{PathType:folder,ScanTrigger:OnAccess}", "C:\\a\\b", "undecided"),
        ("C:\\a\\:{PathType:folder}", "C:\\other", "no"),
        ("C:\\a\\*.dll", "C:\\a", "undecided"),
        ("C:\\a\\*\\x.dll", "C:\\a", "undecided"),
        ("C:\\a\\*.dll", "C:\\a\\b", "no"),
        ("C:\\J\ufffdrgen", "C:\\Jürgen", "undecided"),
    ],
)
def test_an_exclusion_covers_a_folder_as_defender_says(entry: str, folder: str, covered: str) -> None:
    assert covers_folder([entry], folder, {"ProgramData": "C:\\ProgramData"}) == covered


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ("python.exe", "yes"),
        ("C:\\Python\\PYTHON.EXE", "yes"),
        ("C:\\*\\python.exe", "yes"),
        ("py*.exe", "yes"),
        ("C:\\Other\\python.exe", "no"),
        ("python", "no"),
    ],
)
def test_an_exclusion_covers_a_program_by_name_or_path(entry: str, covered: str) -> None:
    assert covers_program([entry], ["C:\\Python\\python.exe"]) == covered


@pytest.mark.parametrize(
    "sentence",
    [
        "N/A: Must be an administrator to view exclusions",
        "N/V: Zum Anzeigen von Ausschlüssen müssen Sie Administrator sein",
        "S.O.: vous devez être administrateur pour afficher les exclusions",
        "該当なし\uff1a除外を表示するには管理者である必要があります",
        "Must be administrator to view exclusions.",
    ],
)
def test_a_sentence_in_any_language_is_no_exclusion(sentence: str) -> None:
    assert not visible([sentence])


@pytest.mark.parametrize(
    "entry",
    [
        "C:\\a b",
        "\\\\?\\C:\\a",
        "\\\\server\\share\\a b",
        "%TEMP%",
        "*:\\a",
        "my program.exe",
        ".exe",
        "exe",
        "C:\\a\\:{PathType:folder}",
    ],
)
def test_an_exclusion_is_no_sentence(entry: str) -> None:
    assert visible([entry])
