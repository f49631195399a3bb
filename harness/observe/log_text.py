"""The text of a log of any size, in pieces that end at the end of a line.

Defender writes UTF-16 with a byte order mark (seen on Windows 11 25H2), older versions and CI systems
UTF-8; bytes that are neither are replaced. However long it is, it is read in small pieces.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.outside_files import open_regular

PIECE: Final = 1 << 17
"""Bytes that are read at once: larger pieces leave the cache of the processor, and take longer."""
HEAD: Final = 4096
"""Bytes that show what a file is."""
LONGEST_LINE: Final = 1 << 16
"""Characters; a longer line is cut, so that a file without ends of lines needs no memory."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def pieces(path: Path) -> Iterator[str]:
    """Yield the text of a file, each piece whole lines as far as lines are of a sane length.

    Raises `InvalidInputError` for anything but a file, `OSError` if it cannot be read.
    """
    with open_regular(path) as file:
        head = file.read(PIECE)
        mark, encoding = _encoding(head)
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        raw, rest = head[len(mark) :], ""
        while raw:
            text = rest + decoder.decode(raw)
            end = text.rfind("\n") + 1
            if len(text) - end > LONGEST_LINE:
                end = len(text)
            if end:
                yield text[:end]
            rest = text[end:]
            raw = file.read(PIECE)
        if rest := rest + decoder.decode(b"", final=True):
            yield rest


def first_text(path: Path) -> str:
    """The text of a file's first `HEAD` bytes. Raises as `pieces`."""
    with open_regular(path) as file:
        return decoded(file.read(HEAD))


def decoded(raw: bytes) -> str:
    """The text of a file's bytes, in the encoding that its beginning shows."""
    mark, encoding = _encoding(raw)
    return raw[len(mark) :].decode(encoding, errors="replace")


def _encoding(head: bytes) -> tuple[bytes, str]:
    """The byte order mark of a file, and its encoding; without a mark, by where its zeros are."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return mark, encoding
    sample = head[:1024]
    if sample[1::2].count(0) > len(sample) // 4:
        return b"", "utf-16-le"
    if sample[::2].count(0) > len(sample) // 4:
        return b"", "utf-16-be"
    return b"", "utf-8"
