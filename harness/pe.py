"""Recognise Windows programs by their headers, and make files with valid headers.

Scanners choose files by header, not by name, so generated payloads need real ones. Layout: Microsoft,
"PE Format".
"""

from __future__ import annotations

import struct
from typing import Final

_DOS_HEADER: Final = 0x40
_SECTION_ALIGNMENT: Final = 0x1000
_FILE_ALIGNMENT: Final = 0x200
_AMD64: Final = 0x8664
_PE32_PLUS: Final = 0x20B
_DLL: Final = 0x2000
_EXECUTABLE_LARGE_ADDRESS_DLL: Final = 0x0002 | 0x0020 | _DLL
_COFF_SIZE: Final = 24
"""The signature and the COFF header, which ends in the characteristics."""
_CONSOLE: Final = 3
_CODE_READ_EXECUTE: Final = 0x60000020
_OPTIONAL_HEADER_SIZE: Final = 240
SMALLEST: Final = 2 * _FILE_ALIGNMENT
"""The headers and one section that is not empty."""


def is_pe(head: bytes) -> bool:
    """Whether a file that begins with `head` is a Windows program or library."""
    return head[:2] == b"MZ"


def is_library(head: bytes) -> bool:
    """Whether a Windows file that begins with `head` is a library, which cannot be started."""
    if len(head) < _DOS_HEADER:
        return False
    (at,) = struct.unpack_from("<I", head, _DOS_HEADER - 4)
    if len(head) < at + _COFF_SIZE:
        return False
    return bool(struct.unpack_from("<H", head, at + _COFF_SIZE - 2)[0] & _DLL)


def library_header(size: int) -> bytes:
    """Make the headers of a 64-bit DLL of `size` bytes in total; the rest is one code section.

    `size` is at least `SMALLEST`. What follows the last full 512 bytes is an overlay.
    """
    raw_size = (size - _FILE_ALIGNMENT) // _FILE_ALIGNMENT * _FILE_ALIGNMENT
    image_size = _SECTION_ALIGNMENT + -(-raw_size // _SECTION_ALIGNMENT) * _SECTION_ALIGNMENT
    dos = struct.pack("<2s58xI", b"MZ", _DOS_HEADER)
    coff = struct.pack(
        "<4sHHIIIHH",
        *(b"PE\0\0", _AMD64, 1, 0, 0, 0),  # one section; no time stamp, no symbols
        *(_OPTIONAL_HEADER_SIZE, _EXECUTABLE_LARGE_ADDRESS_DLL),
    )
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII128x",
        *(_PE32_PLUS, 14, 0),  # linker version
        *(raw_size, 0, 0, 0, _SECTION_ALIGNMENT),  # no entry point; base of code
        *(0x180000000, _SECTION_ALIGNMENT, _FILE_ALIGNMENT),  # the usual base of a DLL
        *(6, 0, 0, 0, 6, 0, 0),  # Windows Vista
        *(image_size, _FILE_ALIGNMENT, 0, _CONSOLE, 0),  # no checksum
        *(0x100000, 0x1000, 0x100000, 0x1000, 0),  # stack and heap
        16,  # data directories, all empty
    )
    section = struct.pack(
        "<8sIIIIIIHHI",
        *(b".text", raw_size, _SECTION_ALIGNMENT, raw_size, _FILE_ALIGNMENT),
        *(0, 0, 0, 0),  # no relocations, no line numbers
        _CODE_READ_EXECUTE,
    )
    return (dos + coff + optional + section).ljust(_FILE_ALIGNMENT, b"\0")
