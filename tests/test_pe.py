"""The headers of generated libraries, read back field by field at the offsets of the PE format.

Offsets and rules: Microsoft, "PE Format". The reader is tried on a program that Microsoft's linker
made, distlib's launcher, so that it is not only right about what this project writes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.pe import SMALLEST, is_pe, library_header

AMD64 = 0x8664
PE32_PLUS = 0x20B
EXECUTABLE_IMAGE, DLL = 0x0002, 0x2000


@dataclass(frozen=True)
class Section:
    virtual_size: int
    virtual_address: int
    raw_size: int
    raw_start: int


@dataclass(frozen=True)
class Headers:
    machine: int
    characteristics: int
    magic: int
    code_size: int
    section_alignment: int
    file_alignment: int
    image_size: int
    headers_size: int
    directories: list[tuple[int, int]]
    end: int
    sections: list[Section]


def read_headers(content: bytes) -> Headers:
    """Read what a loader reads."""
    assert content[:2] == b"MZ"
    (start,) = struct.unpack_from("<I", content, 0x3C)
    assert content[start : start + 4] == b"PE\0\0"
    machine, count = struct.unpack_from("<HH", content, start + 4)
    optional_size, characteristics = struct.unpack_from("<HH", content, start + 20)
    optional = start + 24
    magic, _linker, code_size = struct.unpack_from("<HHI", content, optional)
    section_alignment, file_alignment = struct.unpack_from("<II", content, optional + 32)
    image_size, headers_size = struct.unpack_from("<II", content, optional + 56)
    (directory_count,) = struct.unpack_from("<I", content, optional + 108)
    assert optional_size == 112 + 8 * directory_count
    table = optional + optional_size
    return Headers(
        machine,
        characteristics,
        magic,
        code_size,
        section_alignment,
        file_alignment,
        image_size,
        headers_size,
        [struct.unpack_from("<II", content, optional + 112 + 8 * n) for n in range(directory_count)],
        table + 40 * count,
        [Section(*struct.unpack_from("<8xIIII", content, table + 40 * n)) for n in range(count)],
    )


def rounded_up(size: int, alignment: int) -> int:
    return (size + alignment - 1) // alignment * alignment


def check_layout(headers: Headers, file_size: int) -> None:
    """Check the rules that the loader checks."""
    assert headers.section_alignment >= headers.file_alignment >= 512
    assert headers.headers_size % headers.file_alignment == 0
    assert headers.end <= headers.headers_size
    address = rounded_up(headers.headers_size, headers.section_alignment)
    for section in headers.sections:
        assert section.virtual_address == address
        assert section.raw_start % headers.file_alignment == 0
        assert section.raw_size % headers.file_alignment == 0
        assert headers.headers_size <= section.raw_start
        assert section.raw_start + section.raw_size <= file_size
        address += rounded_up(section.virtual_size, headers.section_alignment)
    assert headers.image_size == address


@pytest.fixture(scope="module")
def launcher_of_distlib() -> bytes:
    return files("distlib").joinpath("t64.exe").read_bytes()


def test_the_reader_of_these_tests_understands_a_program_from_a_real_linker(
    launcher_of_distlib: bytes,
) -> None:
    headers = read_headers(launcher_of_distlib)
    check_layout(headers, len(launcher_of_distlib))
    assert (headers.machine, headers.magic) == (AMD64, PE32_PLUS)
    assert not headers.characteristics & DLL


def test_a_real_program_is_recognised(launcher_of_distlib: bytes) -> None:
    assert is_pe(launcher_of_distlib)
    assert is_pe(launcher_of_distlib[:2])


@pytest.mark.parametrize("head", [b"", b"M", b"ZM", b"PK\x03\x04", b"\x7fELF", b"#!/bin/sh", b"mz"])
def test_other_files_are_not_taken_for_programs(head: bytes) -> None:
    assert not is_pe(head)


@given(size=st.integers(SMALLEST, 2_000_000_000))
@example(size=SMALLEST)
@example(size=2_000_000_000)
def test_a_generated_library_obeys_the_rules_of_the_format(size: int) -> None:
    header = library_header(size)
    headers = read_headers(header)
    check_layout(headers, size)
    assert is_pe(header)
    assert (headers.machine, headers.magic) == (AMD64, PE32_PLUS)
    assert headers.characteristics & EXECUTABLE_IMAGE
    assert headers.characteristics & DLL


@given(size=st.integers(SMALLEST, 2_000_000_000))
def test_the_one_section_takes_all_but_the_headers_and_the_last_odd_bytes(size: int) -> None:
    header = library_header(size)
    headers = read_headers(header)
    (section,) = headers.sections
    assert len(header) == headers.headers_size == section.raw_start
    assert headers.code_size == section.raw_size == section.virtual_size > 0
    assert 0 <= size - section.raw_start - section.raw_size < headers.file_alignment


def test_a_generated_library_refers_to_nothing_outside_its_section() -> None:
    # no imports, relocations or signature: a directory would point into random bytes
    assert read_headers(library_header(100_000)).directories == [(0, 0)] * 16
