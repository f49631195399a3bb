"""Make the one system library that current Windows wheels need and Wine 8.0 lacks.

Rust's standard library takes its random numbers from ``ProcessPrng`` in ``bcryptprimitives.dll``
(rust-lang/rust#121337, of 2024), so no current extension written in Rust, such as pydantic's core, loads
without it. Later versions of Wine have it. A library without any code is enough: its only export is
forwarded to ``SystemFunction036`` of ``advapi32.dll``, which is ``RtlGenRandom`` and takes the same
arguments, a buffer and its length.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from harness.pe import SMALLEST, library_header

LIBRARY: Final = "bcryptprimitives.dll"
EXPORT: Final = "ProcessPrng"
FORWARDED_TO: Final = "advapi32.SystemFunction036"

SECTION_FILE_OFFSET: Final = 0x200
SECTION_RVA: Final = 0x1000
"""The place of the one section that `library_header` describes, in the file and in memory."""
EXPORT_DIRECTORY_FIELD: Final = 0x40 + 24 + 112
"""After the DOS header, the PE and COFF headers, and the fields of the optional header ("PE Format")."""


def supply_missing_dll(prefix: Path) -> None:
    """Put the library into the prefix, unless this Wine has its own."""
    library = prefix / "drive_c" / "windows" / "system32" / LIBRARY
    if not library.exists():
        library.write_bytes(forwarding_library(LIBRARY, EXPORT, FORWARDED_TO))


def forwarding_library(name: str, export: str, target: str) -> bytes:
    """Make a 64-bit DLL whose one export is another library's function (``library.function``).

    Layout: Microsoft, "PE Format", "The .edata Section". An address that points into the export
    section itself is a forwarder: the text there names the function.
    """
    tables, addresses = struct.calcsize("<IIHHIIIIIII"), struct.calcsize("<IIH")
    texts = [f"{text}\0".encode("ascii") for text in (name, export, target)]
    name_at = SECTION_RVA + tables + addresses
    export_at = name_at + len(texts[0])
    target_at = export_at + len(texts[1])
    functions_at = SECTION_RVA + tables
    directory = struct.pack(
        "<IIHHIIIIIII",
        *(0, 0, 0, 0),  # flags, time stamp, version
        *(name_at, 1, 1, 1),  # the first ordinal, the number of functions and of names
        *(functions_at, functions_at + 4, functions_at + 8),  # the names, the ordinal of each name
    )
    section = directory + struct.pack("<IIH", target_at, export_at, 0) + b"".join(texts)
    image = bytearray(library_header(SMALLEST).ljust(SMALLEST, b"\0"))
    image[SECTION_FILE_OFFSET : SECTION_FILE_OFFSET + len(section)] = section
    struct.pack_into("<II", image, EXPORT_DIRECTORY_FIELD, SECTION_RVA, len(section))
    return bytes(image)
