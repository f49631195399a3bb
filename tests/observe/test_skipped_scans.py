"""Reasons of skipped scans are counted; what may be a name is not shown."""

from __future__ import annotations

from harness.observe.skipped_scans import OTHER, SkippedScans


def test_reasons_of_known_words_are_counted() -> None:
    skipped = SkippedScans()
    skipped.feed(
        "a Reason[Timeout] b\r\nReason[FileTooLarge] Reason[file too large]\nReason[C:\\Users\\zelda]"
    )
    assert dict(skipped.reasons) == {"timeout": 1, "file too large": 2, OTHER: 1}
    assert skipped.lines == 4
