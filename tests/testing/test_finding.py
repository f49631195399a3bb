"""The verdict on a call that failed once, and the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.testing.finding import Finding, Judged, add_finding, judge, read_findings, report_lines

WITHOUT = {"t/config": "new", "t/log": "1"}


def verdict(
    after: dict[str, str], *, passed: bool = False, arrived: bool = True, written: str = ""
) -> Judged:
    return judge(
        passed=passed,
        arrived=arrived,
        message="PermissionError",
        existed={"t/config", "t/log", "t/config.tmp"},
        written=set(written.split()),
        after=after,
        undisturbed=WITHOUT,
    )


def test_each_verdict() -> None:
    kept = {"t/config": "old", "t/log": "1"}
    assert verdict(WITHOUT, passed=True) == Judged("survives")
    assert verdict(kept) == Judged("reports it", "PermissionError")
    assert verdict({"t/log": "1"}) == Judged("loses data", "t/config is gone")
    assert verdict({}).details == "t/config and t/log are gone"
    assert verdict(kept, passed=True).verdict == "claims success"
    assert verdict(kept, arrived=False).verdict == "claims success"
    left = verdict({**kept, "t/config.tmp": "new"}, written="t/config.tmp t/config")
    assert left == Judged("leaves rubbish", "t/config.tmp is left")


def test_what_the_test_itself_wrote_is_no_rubbish() -> None:
    assert verdict({**WITHOUT, "t/source": "x"}).verdict == "reports it"


def finding(verdict: str, site: str = "a.py:1") -> Finding:
    return Finding.model_validate(
        {"test": "t.py::test", "call": "os.replace", "site": site, "verdict": verdict, "details": "x"}
    )


def test_the_report_opens_with_the_answer_and_has_the_worst_first() -> None:
    found = [finding("leaves rubbish"), finding("survives", "a.py:2"), finding("loses data", "a.py:3")]
    assert report_lines(found) == [
        "Of 3 calls in 1 test: 1 loses data, 1 leaves rubbish and 1 is survived.",
        "loses data: os.replace at a.py:3, in t.py::test: x",
        "leaves rubbish: os.replace at a.py:1, in t.py::test: x",
    ]
    assert report_lines([]) == [
        "No call was made to fail: the tests that passed made none on files of their own."
    ]


def test_a_journal_is_read_back_and_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    found = [finding("survives"), finding("loses data", "a.py:2")]
    journal.write_text("".join(each.model_dump_json() + "\n" for each in found) + '{"test": "t')
    assert read_findings(journal) == found
    assert not read_findings(tmp_path / "none")


def test_what_is_added_after_a_line_that_was_cut_off_is_read_back(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    found = [finding("survives", f"a.py:{line}") for line in range(3)]
    for each in found[:2]:
        add_finding(journal, each)
    journal.write_bytes(journal.read_bytes()[:-9])
    add_finding(journal, found[2])
    assert read_findings(journal) == [found[0], found[2]]
    add_finding(journal, found[1])
    assert read_findings(journal) == [found[0], found[2], found[1]]


def test_another_file_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text("not\nours\n")
    with pytest.raises(InvalidInputError, match="not a journal of --held-every"):
        read_findings(journal)
    with pytest.raises(InvalidInputError, match="is a folder, not a file"):
        read_findings(tmp_path)
