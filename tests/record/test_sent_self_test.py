"""The file that a user may send: small, redacted, listed, and read as if a stranger had made it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from self_test_lab import MACHINE, finding, report_of, seen_as_documented

from harness.errors import HarnessError, InvalidFilesError, InvalidInputError
from harness.platform.self_test.report import CheckResult, SelfTestReport
from harness.record.redaction import Redaction
from harness.record.sent_self_test import CONTENTS, MOST_BYTES, composed, read_sent

REPORT = report_of(MACHINE, seen_as_documented())


def sent(report: SelfTestReport = REPORT) -> bytes:
    return composed(report, lambda text: text)[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sent.json"
    path.write_bytes(sent())
    return path


def test_what_was_sent_is_read_again(file: Path) -> None:
    assert read_sent(file) == REPORT


def test_it_says_what_is_in_it(file: Path) -> None:
    assert json.loads(file.read_text(encoding="utf-8"))["contents"] == list(CONTENTS)


def test_names_are_redacted(tmp_path: Path) -> None:
    named = finding(found=r"error 5 for C:\Users\Erika\x on BOX77", verdict="differs")
    report = report_of(MACHINE, seen_as_documented(), named)
    content, _ = composed(report, Redaction([("Erika", "[user]"), ("BOX77", "[host]")]).text)
    assert b"Erika" not in content
    assert b"BOX77" not in content
    (tmp_path / "sent.json").write_bytes(content)
    assert read_sent(tmp_path / "sent.json").checks[0].findings[0].found.endswith("on [host]")


def test_a_long_one_leaves_out_what_is_as_expected_and_says_so(tmp_path: Path) -> None:
    quiet = [finding(what="w" * 500, bearing="rules")] * 100
    odd = finding(verdict="differs", bearing="rules")
    content, contents = composed(report_of(MACHINE, seen_as_documented(), *quiet, odd), str)
    assert len(content) <= MOST_BYTES
    assert contents[-1].startswith("left out: ")
    (tmp_path / "sent.json").write_bytes(content)
    assert [each.verdict for each in read_sent(tmp_path / "sent.json").checks[0].findings] == ["differs"]


def test_one_that_cannot_be_small_is_an_error() -> None:
    with pytest.raises(HarnessError, match="does not fit"):
        composed(report_of(MACHINE, (), *[finding(what="w" * 600, verdict="differs")] * 190), str)


def changed(path: Path, *keys: str | int, to: Any) -> Path:
    data = json.loads(path.read_text(encoding="utf-8"))
    place = data
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("report", "machine", "system"), "Windows\x1b[31m", "report.machine.system"),
        (("report", "machine", "system"), "W" * 81, "report.machine.system"),
        (("report", "machine", "platform"), "emulated", "an emulation has seen nothing"),
        (("report", "machine", "lab"), "wine", "expected one of windows"),
        (("report", "seen", 0, "code"), -1, "report.seen[0].code"),
        (("report", "seen", 0, "code"), 1 << 32, "report.seen[0].code"),
        (("report", "seen", 0, "code"), "5", "a whole number"),
        (("report", "seen"), [], "no case that the table of sharing rules has"),
        (("report", "seen"), [{"case": "zz", "code": 5}], "no case that the table"),
        (("report", "extra"), 1, "unknown key"),
        (("schema",), 2, "schema"),
    ],
)
def test_what_no_self_test_writes_is_refused_by_its_key(
    file: Path, keys: tuple[str | int, ...], value: Any, words: str
) -> None:
    with pytest.raises(InvalidFilesError) as raised:
        read_sent(changed(file, *keys, to=value))
    assert words in raised.value.message
    assert "nothing was added" in raised.value.message


def test_a_case_that_is_there_twice_is_refused(file: Path) -> None:
    seen = json.loads(file.read_text(encoding="utf-8"))["report"]["seen"]
    with pytest.raises(InvalidFilesError, match="more than once"):
        read_sent(changed(file, "report", "seen", to=[*seen, seen[0]]))


def test_a_file_that_is_too_large_or_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b" " * (MOST_BYTES + 1))
    for path in (tmp_path / "large", tmp_path / "absent", tmp_path):
        with pytest.raises(InvalidInputError):
            read_sent(path)


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = sent()
    place = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=20) | st.sampled_from([b"[" * 2000, b'"', b"9" * 400, b"null"]))
    path = tmp_path_factory.mktemp("damaged") / "sent.json"
    path.write_bytes(content[:place] + put + content[place + length :])
    with suppress(InvalidInputError):
        assert isinstance(read_sent(path), SelfTestReport)


def test_findings_of_all_checks_are_kept() -> None:
    check = CheckResult(name="other", title="?", seconds=1, findings=(finding(verdict="differs"),))
    two = REPORT.model_copy(update={"checks": (*REPORT.checks, check, check)})
    assert len(json.loads(sent(two))["report"]["checks"]) == 3
