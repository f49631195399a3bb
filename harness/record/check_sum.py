"""Check sums: a line of a journal, and a manifest, tell by themselves whether they are as written.

The last key of the JSON object is ``check``, the CRC-32 (that of zip and Ethernet) of all bytes before
it. It finds every change of up to three bits, and every burst of up to 32, in less than 11 kB (Koopman,
"32-Bit Cyclic Redundancy Codes for Internet Applications", 2002), and any other change but once in 2³²
times. BLAKE2 takes three times as long for a line, and keeps out a forger no more: whoever changes a
line can make its check sum, too.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

_TAIL: Final = b',"check":"%08x"}'
_LENGTH: Final = len(_TAIL % 0)


def sealed(text: bytes) -> bytes:
    """A JSON object with its check sum as the last key. `text` ends in its closing brace."""
    body = text[:-1].rstrip()
    return body + _TAIL % crc32(body)


def opened(text: bytes) -> bytes | None:
    """The JSON object that was `sealed`, without the check sum; ``None`` if that is not its own."""
    body = text[:-_LENGTH]
    return body + b"}" if text[-_LENGTH:] == _TAIL % crc32(body) else None
