"""Lines of Defender's log: every version's, each scan once, and what contradicts itself not at all."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from scanner_log_lab import OTHER_LINES, scan_line

from harness.observe import defender_log
from harness.observe.defender_log import DefenderLog


class Scans(NamedTuple):
    program: str
    number: int
    total_ms: int
    longest_ms: int


def read(text: str) -> tuple[list[Scans], DefenderLog]:
    found: list[Scans] = []
    log = DefenderLog(lambda *scans: found.append(Scans(*scans)))
    for line in text.splitlines(keepends=True):
        log.feed(line)
    log.end()
    return found, log


@pytest.mark.parametrize(
    "line",
    [
        # artefacts.help, "Windows Defender - Support logs"
        (
            "2022-11-23T09:10:55.472Z ProcessImageName: svchost.exe, Pid: 7836, TotalTime: 6070, "
            "Count: 24, MaxTime: 828, MaxTimeFile: \\Device\\HarddiskVolume1\\Downloads\\binary.exe, "
            "EstimatedImpact: 100%"
        ),
        # Microsoft, "Troubleshoot performance issues related to real-time protection": no process id
        (
            "Per-process counts:ProcessImageName: svchost.exe, TotalTime: 6070, Count: 24, "
            "MaxTime: 828, MaxTimeFile: \\Device\\HarddiskVolume3\\FramePkg.exe, EstimatedImpact: 65%"
        ),
        # the fields in another order
        "ProcessImageName: svchost.exe, Count: 24, MaxTime: 828, TotalTime: 6070, Pid: 5",
    ],
)
def test_the_lines_that_public_descriptions_have_are_read(line: str) -> None:
    assert read(f"{OTHER_LINES}{line}\r\n")[0] == [Scans("svchost.exe", 24, 6070, 828)]


def test_a_later_line_of_a_process_replaces_the_one_before() -> None:
    text = scan_line(total=100, count=5, longest=60) + scan_line(total=300, count=9, longest=60)
    assert read(text)[0] == [Scans("uv.exe", 9, 300, 60)]


def test_a_process_that_has_less_is_another_one_with_its_number() -> None:
    text = scan_line(total=300, count=9, longest=60) + scan_line(total=100, count=5, longest=60)
    assert len(read(text)[0]) == 2


def test_processes_are_told_apart() -> None:
    text = scan_line(process=1) + scan_line(process=2) + scan_line(program="node.exe", process=1)
    assert len(read(text)[0]) == 3


@pytest.mark.parametrize(
    "numbers",
    [
        {"count": 0, "total": 0, "longest": 0},
        {"count": 3, "total": 5, "longest": 10},
        {"count": 1, "total": 99_999_999, "longest": 99_999_999},
    ],
)
def test_numbers_that_contradict_each_other_are_left_out(numbers: dict[str, Any]) -> None:
    found, log = read(scan_line(**numbers))
    assert not found
    assert (log.lines, log.contradictory) == (1, 1)


def test_digits_of_other_scripts_are_no_numbers() -> None:
    found, log = read(scan_line().replace("24", "\u0662\u0664"))
    assert found in ([], [Scans("uv.exe", 24, 6070, 828)])
    assert log.lines == 1


def test_processes_beyond_the_most_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defender_log, "MOST_PROCESSES", 2)
    found, log = read("".join(scan_line(process=number) for number in range(5)))
    assert (len(found), log.beyond) == (2, 3)


def test_the_days_are_those_of_the_lines() -> None:
    text = scan_line(stamp="2026-09-09T00:00:01.000 ") + scan_line(stamp="2026-09-07T00:00:01.000Z ")
    log = read(text + scan_line(stamp=""))[1]
    assert (log.first_day, log.last_day) == ("2026-09-07", "2026-09-09")
