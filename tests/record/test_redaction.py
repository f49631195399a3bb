"""No user, host or home folder is left in published text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record.redaction import Redaction, of_this_machine

NOBODY = Redaction()
ZELDA = Redaction((("zelda", "[user]"), ("ganon-pc", "[host]")), (("/srv/zelda", "~"),))


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (r"C:\Users\Mallory Smith\AppData\x.exe", r"C:\Users\[user]\AppData\x.exe"),
        (r"c:\\Users\\Mallory Smith\\AppData", r"c:\\Users\\[user]\\AppData"),
        (r"is C:\Users\Mallory Smith, and D:\work", r"is C:\Users\[user], and D:\work"),
        ("C:/Users/mallory/x and C:/Users/eve", "C:/Users/[user]/x and C:/Users/[user]"),
        (r"\\?\C:\Users\MALLOR~1\x", r"\\?\C:\Users\[user]\x"),
        ("/home/mallory/x, /Users/eve: full", "/home/[user]/x, /Users/[user]: full"),
        (r"Z:\home\mallory\x", r"Z:\home\[user]\x"),
        ("file:///home/mallory", "file:///home/[user]"),
        (r"C:\Users\Public\x and C:\Users\Default\y", r"C:\Users\Public\x and C:\Users\Default\y"),
        (r"C:\Program Files\Defender\MsMpEng.exe", r"C:\Program Files\Defender\MsMpEng.exe"),
        ("under /homely/x, at home / work", "under /homely/x, at home / work"),
    ],
)
def test_paths_below_a_home_folder_lose_its_name(found: str, left: str) -> None:
    assert NOBODY.text(found) == left


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ("by Zelda on GANON-PC.", "by [user] on [host]."),
        ("zelda_run, zelda-run, zeldas", "[user]_run, [user]-run, zeldas"),
        ("/srv/zelda/results/x", "~/results/x"),
        ("%7A%65lda and Z%65LDA, %20zelda%20", "[user] and [user], %20[user]%20"),
        (
            "file:///C%3A/Users%5CMallory%20S/x and C%3A%5CUsers%5Ceve%5Cy",
            "file:///C%3A/Users%5C[user]/x and C%3A%5CUsers%5C[user]%5Cy",
        ),
    ],
)
def test_this_machine_s_own_names_go(found: str, left: str) -> None:
    assert ZELDA.text(found) == left


def test_what_the_machine_says_of_itself_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "z.elda"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("USERNAME", "hyrule\\zelda")
    monkeypatch.setattr("getpass.getuser", lambda: "zelda")
    monkeypatch.setattr("socket.gethostname", lambda: "ganon.castle.example")
    redaction = of_this_machine([tmp_path / "kept" / "results" / "run-1"])
    kept = tmp_path / "kept" / "results" / "run-1"
    text = f"{home}; {kept}; zelda z.elda ganon.castle.example ganon"
    assert redaction.text(text) == "~; run-1; [user] [user] [host] [host]"


@pytest.mark.parametrize(
    ("home", "folder", "found", "left"),
    [
        ("/q", "/z/run", "/q/x, /z/run", "~/x, run"),  # the shortest that there can be
        ("/", "/run", "/q/x, /run", "/q/x, /run"),  # the root is no home of anybody's
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="there, a folder has a drive")
def test_a_home_of_one_letter_goes_and_the_root_stays(
    monkeypatch: pytest.MonkeyPatch, home: str, folder: str, found: str, left: str
) -> None:
    monkeypatch.setenv("HOME", home)
    assert of_this_machine([Path(folder)]).text(found) == left


def test_a_name_of_two_letters_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "qz")
    assert of_this_machine().text("by qz") == "by [user]"


@pytest.mark.parametrize("name", ["root", "runner", "Administrator", "x", ""])
def test_names_that_tell_nothing_leave_words_alone(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: name)
    monkeypatch.setattr("socket.gethostname", lambda: "localhost")
    monkeypatch.delenv("USERNAME", raising=False)
    text = f"{name} of {name.title()}, localhost"
    assert of_this_machine().text(text) == text


def test_a_machine_that_does_not_know_its_user_still_hides_its_other_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4242")

    monkeypatch.setattr("getpass.getuser", unknown)
    monkeypatch.setattr("socket.gethostname", lambda: "ganon-pc")
    monkeypatch.setenv("USERNAME", "zelda")
    assert of_this_machine().text("by zelda on ganon-pc, 4242") == "by [user] on [host], 4242"


@given(st.text(st.characters(exclude_characters="\\/", codec="utf-8")))
def test_text_without_paths_and_names_stays_as_it_is(text: str) -> None:
    assert NOBODY.text(text) == text


@pytest.mark.parametrize(
    ("raw", "suspect"),
    [
        (b"by ZELDA", True),
        (b'{"at": "C:\\\\Users\\\\Eve"}', True),
        (b'{"name": "J\\u00fcrgen"}', True),
        (b"nothing of the kind", False),
    ],
)
def test_a_quick_test_finds_what_may_be_a_name(raw: bytes, suspect: bool) -> None:
    redaction = Redaction([("zelda", "[user]"), ("Jürgen", "[user]")])
    assert redaction.suspects(raw) == suspect
