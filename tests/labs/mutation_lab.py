"""Damage for inputs: what a bad disk, a careless editor or an attacker makes of a valid file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

NASTY: Final = (
    b"\x00", b"\xff\xfe", b"\r\n", b"\r", b"\n", b"\\", b'"', b"'", b"[[", b"]]", b"{", b"}", b"=", b"#",
    b"-1", b"0", b"1e999", b"-0.0", b"nan", b"inf", b"NaN", b"Infinity", b"true", b"null", b"[]", b"{}",
    b"9" * 19, b"9" * 400, b"0x7fffffffffffffff", b"1979-05-27", b'"""', b"../", b"..\\", b"/", b"C:",
    b"//server/share/x", b"\\\\?\\C:\\", b"CON", b"aux.txt", b"%s%n", b"{name}", b"{", b"${HOME}", b"~",
    b"<script>", b"&#0;", b"%00", b"\xc3\x28", "\u202e\u0130\u00df\U0001f600".encode(), b"\xed\xa0\x80",
    b"[" * 300, b"{" * 300, b"(" * 300, b"a" * 300, b"a.b" * 100,
)  # fmt: skip
"""What has meant more, or less, to some reader than its writer thought."""
_KINDS: Final = ("flip", "flip", "cut", "repeat", "insert", "replace", "move", "end", "line")
_BYTES: Final = 5
"""Bytes that an edit is made of: what is done, where (two), how many bytes long, and a token."""
_LONGEST_SLICE: Final = 64

Edits = bytes
"""Changes for `edited`. As bytes they are drawn at once: hypothesis takes its time for each draw."""


def edits(most: int = 4) -> st.SearchStrategy[Edits]:
    """One to `most` changes."""
    return st.binary(min_size=_BYTES, max_size=_BYTES * most)


def mutated(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of `seeds` with one to four changes."""
    return st.builds(edited, st.sampled_from(list(seeds)), edits())


def mutated_text(seeds: Sequence[str]) -> st.SearchStrategy[str]:
    """`mutated` as text; what is no UTF-8 any more is replaced."""
    return mutated([seed.encode() for seed in seeds]).map(lambda raw: raw.decode(errors="replace"))


def edited(seed: bytes, changes: Edits) -> bytes:
    """`seed` after the changes."""
    raw = bytearray(seed)
    for first in range(0, len(changes) - _BYTES + 1, _BYTES):
        kind, high, low, size, token = changes[first : first + _BYTES]
        start = ((high << 8) + low) * len(raw) >> 16
        end = min(start + 1 + size % _LONGEST_SLICE, len(raw))
        _apply(raw, _KINDS[kind % len(_KINDS)], start, end, NASTY[token % len(NASTY)])
    return bytes(raw)


def _apply(raw: bytearray, kind: str, start: int, end: int, token: bytes) -> None:
    match kind:
        case "flip" if raw:
            raw[start] ^= 1 << end % 8
        case "cut":
            del raw[start:end]
        case "repeat":
            raw[end:end] = raw[start:end]
        case "insert":
            raw[start:start] = token
        case "replace":
            raw[start:end] = token
        case "move":
            raw.extend(raw[start:end])
            del raw[start:end]
        case "end":
            del raw[end:]
        case "line":  # the line at this place is there twice
            first, last = raw.rfind(b"\n", 0, start) + 1, raw.find(b"\n", start) + 1 or len(raw)
            raw[last:last] = raw[first:last]
