"""What machines answered stands beside what is documented, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from self_test_lab import MACHINE, report_of, seen_as_documented

from harness.errors import InvalidFilesError, StorageFullError
from harness.holds.sharing_rules_table import cases
from harness.platform.self_test.report import Machine, SeenCase
from harness.record import seen_rules
from harness.record.seen_rules import add_seen, read_seen, rules_report, seen_folder
from harness.record.sent_self_test import composed

REPLACE_HELD = next(str(case) for case in cases() if case.line == 5)


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))


def sent(path: Path, machine: Machine = MACHINE, *, odd: str = "") -> Path:
    """A file of a machine that answers as documented, but for 0 in the case `odd`."""
    seen = tuple(
        each.model_copy(update={"code": 0}) if each.case == odd else each
        for each in seen_as_documented()
    )
    path.write_bytes(composed(report_of(machine, seen), str)[0])
    return path


def test_nothing_was_seen_at_first() -> None:
    report = rules_report(read_seen())
    assert "they were seen nowhere, so far" in report.answer
    assert {rule.rule for rule in report.rules} == {case.line for case in cases() if not case.impossible}
    assert all(not rule.seen for rule in report.rules)


def test_what_is_as_documented_confirms_the_rules(tmp_path: Path) -> None:
    (added,) = add_seen([sent(tmp_path / "sent.json")])
    assert added.is_new
    report = rules_report(read_seen())
    assert report.machines == 1
    assert report.answer.endswith("tried on Windows 26100.4061 are as documented.")
    assert not any(seen.differs for rule in report.rules for seen in rule.seen)


def test_a_difference_is_shown_with_its_build_and_the_documented_rule_stays(tmp_path: Path) -> None:
    add_seen([sent(tmp_path / "sent.json", odd=REPLACE_HELD)])
    report = rules_report(read_seen())
    assert "1 are not as documented: 5. The emulated platform still follows" in report.answer
    (rule,) = (rule for rule in report.rules if rule.rule == 5)
    assert rule.documented == [5]
    (seen,) = rule.seen
    assert seen.system == "Windows 26100.4061"
    assert seen.differs
    assert seen.codes["0"] == 1
    assert seen.codes["5"] == sum(seen.codes.values()) - 1


def test_the_same_file_counts_once_and_other_machines_beside_it(tmp_path: Path) -> None:
    path = sent(tmp_path / "sent.json")
    other = MACHINE.model_copy(update={"python": "3.12.1"})
    older = MACHINE.model_copy(update={"system": "Windows 19045.1"})
    add_seen([path, sent(tmp_path / "other.json", other), sent(tmp_path / "older.json", older)])
    (again,) = add_seen([path])
    assert not again.is_new
    (rule,) = (rule for rule in rules_report(read_seen()).rules if rule.rule == 1)
    assert [(seen.system, seen.machines) for seen in rule.seen] == [
        ("Windows 19045.1", 1),
        ("Windows 26100.4061", 2),
    ]


def test_wine_alone_proves_nothing_of_windows(tmp_path: Path) -> None:
    wine = MACHINE.model_copy(update={"platform": "wine", "lab": "wine", "system": "Wine 8.0"})
    add_seen([sent(tmp_path / "sent.json", wine)])
    assert "seen only under Wine" in rules_report(read_seen()).answer


def test_cases_of_another_version_of_the_table_are_counted_and_left_out(tmp_path: Path) -> None:
    seen = (*seen_as_documented(), SeenCase(case="z99, a call of the future", code=1))
    path = tmp_path / "sent.json"
    path.write_bytes(composed(report_of(MACHINE, seen), str)[0])
    (added,) = add_seen([path])
    assert (added.cases, added.unknown) == (len(seen) - 1, 1)


def test_one_wrong_file_keeps_all_out_and_every_problem_is_said(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidFilesError) as raised:
        add_seen([sent(tmp_path / "sent.json"), wrong, tmp_path / "absent.json"])
    assert {problem.file for problem in raised.value.problems} == {
        str(wrong),
        str(tmp_path / "absent.json"),
    }
    assert read_seen() == []


def test_what_was_changed_where_it_is_kept_is_an_error(tmp_path: Path) -> None:
    add_seen([sent(tmp_path / "sent.json")])
    (kept,) = seen_folder().iterdir()
    kept.write_text('{"machine": 1}', encoding="utf-8")
    with pytest.raises(InvalidFilesError, match="nothing was shown"):
        read_seen()


def test_it_takes_no_more_than_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_rules, "MOST_FILES", 0)
    with pytest.raises(StorageFullError, match="takes no more"):
        add_seen([sent(tmp_path / "sent.json")])


def test_nothing_of_a_finding_is_kept(tmp_path: Path) -> None:
    add_seen([sent(tmp_path / "sent.json")])
    (kept,) = seen_folder().iterdir()
    assert "answer" not in kept.read_text(encoding="utf-8")
