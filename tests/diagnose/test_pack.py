"""The evidence pack: no name, no secret, the same in both files, and safe to open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.control import Control
from harness.diagnose.diagnosis import Diagnosis, HolderSeen, Retried, SaidDenied
from harness.diagnose.pack import (
    HIDDEN,
    packed_diagnosis,
    redactor,
    without_values,
    write_pack,
)
from harness.diagnose.page import page
from harness.diagnose.watch import Watched

EVIL = "</pre><script>alert(1)</script>\x1b[31m"
PATH = "C:\\Users\\zelda\\w\\a.tmp"


def diagnosis(text: str = "in use") -> Diagnosis:
    return Diagnosis(
        verdict="still held",
        answers=[f"The command was denied {PATH}.", text],
        helps=["Retrying would not have helped."],
        cautions=["Times count from the first message."],
        command=["uv", "sync", "--index", "https://ada:hunter2@host/simple", "--token", "hunter2"],
        ended="exited",
        exit_code=1,
        seconds=2.0,
        platform="windows",
        messages=[SaidDenied(5.0, 32, "rename", [PATH], f"[WinError 32] {text}: {PATH}")],
        messages_in_all=3,
        retried=[Retried("rename", 30, None, 5)],
        watched=[Watched(PATH, "source", "held", 5.0, None, 3, 32, text)],
        holders=[HolderSeen("MsMpEng.exe", text, None, "restart manager", True, False, 7.0)],
        not_asked=[text],
        control=Control(40, 0, 0.088, 40, 1, 31.5),
    )


def test_both_files_have_the_same_and_no_name(tmp_path: Path) -> None:
    shown, as_json = write_pack(diagnosis(), tmp_path / "pack")
    text, packed = shown.read_text(encoding="utf-8"), json.loads(as_json.read_text(encoding="utf-8"))
    assert [path.name for path in sorted((tmp_path / "pack").iterdir())] == [
        "diagnosis.html",
        "diagnosis.json",
    ]
    for content in (text, as_json.read_text(encoding="utf-8")):
        assert "zelda" not in content
        assert "hunter2" not in content
        assert "ada" not in re.sub(r"metadata|adapt", "", content)
    for each in (*packed["in it"], *packed["not in it"]):
        assert each in text.replace("&#x27;", "'")
    assert "took 31.5 ms at the median" in text
    assert "While asked about, 1 of 40 new files could not be renamed." in text
    assert "All 40 new files could be renamed in the temporary folder: at most 8.8 %" in text
    assert packed["repeat"].startswith("harness diagnose -- uv sync")


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    text = page(packed_diagnosis(diagnosis(EVIL), str))
    assert "<script" not in text
    assert "\x1b" not in text
    assert "default-src 'none'" in text
    assert not re.search(r"(src|href)=", text)


@given(st.text(max_size=60))
def test_whatever_a_command_says_stays_text(said: str) -> None:
    text = page(packed_diagnosis(diagnosis(said), str))
    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", text))
    known = "html head meta title style body h1 h2 p pre ul li table tr th td footer"
    assert tags <= set(known.split(" "))


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["x", "--password", "abc"], ["x", "--password", HIDDEN]),
        (["x", "--token=abc", "MY_API_KEY=abc"], ["x", f"--token={HIDDEN}", f"MY_API_KEY={HIDDEN}"]),
        (["x", "--auth", "--verbose"], ["x", "--auth", "--verbose"]),
        (["pip", "install", "numpy==2"], ["pip", "install", "numpy==2"]),
    ],
)
def test_secrets_of_a_command_line(command: list[str], shown: list[str]) -> None:
    assert without_values(command) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\\\\fileserver\\share\\a", "\\\\[host]\\share\\a"),
        ("\\\\?\\UNC\\fileserver\\share", "\\\\?\\UNC\\[host]\\share"),
        ("\\\\?\\C:\\w\\a", "\\\\?\\C:\\w\\a"),
        (repr("\\\\fileserver\\share\\a"), repr("\\\\[host]\\share\\a")),
        (repr("C:\\w\\ü\\a.tmp"), repr("C:\\w\\ü\\a.tmp")),
        ("at https://me:pw@host.example/x!", "at https://host.example/x!"),
    ],
)
def test_other_machines_and_logins(text: str, shown: str) -> None:
    assert redactor()(text) == shown


def test_json_is_plain(tmp_path: Path) -> None:
    packed: dict[str, Any] = packed_diagnosis(diagnosis(), str)
    assert json.loads(json.dumps(packed)) == packed
    assert tmp_path.exists()
