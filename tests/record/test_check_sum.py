"""Check sums: whatever is changed of a sealed text, it is noticed; what is not comes out as it was."""

from __future__ import annotations

import json
from binascii import crc32
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.record.check_sum import opened, sealed

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario

OBJECTS = st.dictionaries(st.text(), st.none() | st.integers() | st.text(), min_size=1)


@given(data=OBJECTS)
def test_what_is_sealed_is_json_with_the_sum_of_what_is_before_it(data: dict[str, object]) -> None:
    text = json.dumps(data).encode()
    closed = sealed(text)
    assert opened(closed) == text
    body, _, check = closed.rpartition(b',"check":"')
    assert json.loads(closed) == {**data, "check": f"{crc32(body):08x}"}
    assert check.endswith(b'"}')


@given(text=st.binary(max_size=40))
def test_other_bytes_are_not_opened(text: bytes) -> None:
    assert opened(text) is None
    assert opened(sealed(b"{}") + text) is None or not text


def test_no_changed_bit_of_a_line_or_a_manifest_goes_unnoticed(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    run = run_scenario(make_scenario(profiles='["brief"]'), blocks=1)
    for text in (
        (run.folder / "journal.jsonl").read_bytes().rstrip(),
        (run.folder / "manifest.json").read_bytes(),
    ):
        assert opened(text) is not None
        changed = bytearray(text)
        for place in range(len(changed)):
            for bit in range(8):
                changed[place] ^= 1 << bit
                assert opened(bytes(changed)) is None
                changed[place] ^= 1 << bit
