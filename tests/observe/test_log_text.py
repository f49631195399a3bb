"""The text of logs: the same whatever the encoding, in pieces that end where lines do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.observe import log_text
from harness.observe.log_text import first_text, pieces

TEXT = "erste Zeile: ü 太郎\r\nzweite 🚀\r\n" * 50


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_is_known_by_its_bytes(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_text, "PIECE", 37)  # characters are cut in two
    path = tmp_path / "a.log"
    path.write_bytes(("plain ascii, so that zeros show\r\n" * 40 + TEXT).encode(encoding))
    found = list(pieces(path))
    assert "".join(found).endswith(TEXT)
    assert first_text(path).startswith("plain ascii")
    assert all(piece.endswith("\n") for piece in found[:-1])


def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\xff\xc3(\x80 and then text\nend")
    assert "".join(pieces(path)).endswith("and then text\nend")


def test_a_line_without_end_needs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "PIECE", 1000)
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * 300_000)
    found = list(pieces(path))
    assert sum(map(len, found)) == 300_000
    assert max(map(len, found)) <= log_text.LONGEST_LINE + 1000


def test_an_empty_file_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"")
    assert list(pieces(tmp_path / "a.log")) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):  # as mypy understands it
        os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match="is a pipe"):
        list(pieces(tmp_path / "pipe"))
