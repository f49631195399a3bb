"""The page of reports is made of the files, and links each thread."""

from __future__ import annotations

from reports_page import NO_ERROR, reports_page

from harness.check.symptoms import shipped_reports


def test_each_report_is_in_the_section_of_its_error() -> None:
    lines = list(reports_page())
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings[0] == "5: Access is denied"
    assert headings[-1] == NO_ERROR
    for found in shipped_reports():
        (row,) = [line for line in lines if line.endswith(f"| `{found.name}` |")]
        section = max(
            (place for place, line in enumerate(lines[: lines.index(row)]) if line[:2] == "##")
        )
        no_error = found.symptom is None or not found.codes
        assert lines[section] == f"## {NO_ERROR}" or lines[section].startswith(f"## {found.codes[0]}: ")
        assert (lines[section] == f"## {NO_ERROR}") == no_error
        assert all(f"(<{address}>)" in row for address in found.reports)
