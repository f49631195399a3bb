"""A self-test as a file that may be sent: redacted, small, with a list of what is in it.

Such files come back from strangers, so reading one checks every part of it and says all that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from harness.errors import HarnessError, InvalidFilesError, InvalidInputError, Problem
from harness.holds.sharing_rules_table import cases
from harness.holds.strict import Strict
from harness.outside_files import read_regular
from harness.platform.self_test.report import SCHEMA, Finding, SelfTestReport, Text
from harness.scenario.problems import problems_of

MOST_BYTES: Final = 50_000
HINT: Final = "`harness doctor --self-test --send FILE` writes such files."
CONTENTS: Final = (
    "the version of Windows or Wine, of Python and of the harness, and the processor's architecture",
    "the file system of the tested folder, its flags, and whether it is a Dev Drive",
    "what each check expected and found, with names of programs that had new files open",
    "the error code of each case of the table of sharing rules",
    "no name of a user, of this machine or of a folder, no serial number, and no content of a file",
)
"""What is in such a file, and what is not."""
_LEFT_OUT: Final[dict[str, Callable[[Finding], bool]]] = {
    "": lambda _: True,
    "left out: findings about rules that are as expected": lambda finding: (
        finding.bearing != "rules" or finding.verdict in {"differs", "open"}
    ),
    "left out: all findings that are as expected": lambda finding: (
        finding.verdict in {"differs", "open"}
    ),
}
"""What may be left out until the file is small enough, with a rule for what stays."""


class SentSelfTest(Strict):
    """A self-test in a file, with a list of what is in it."""

    schema_version: Annotated[Literal[1], Field(alias="schema")] = SCHEMA
    """Version of the format."""
    file: Literal["self-test of persist-harness"]
    """What this file is."""
    contents: tuple[Text, ...] = Field(max_length=20)
    """What is in it, and what is not."""
    report: SelfTestReport
    """What the self-test found."""


def composed(report: SelfTestReport, redact: Callable[[str], str]) -> tuple[bytes, tuple[str, ...]]:
    """The content of a file about `report`, and the list of what is in it.

    Raises `HarnessError` if it cannot be small enough.
    """
    for left_out, stays in _LEFT_OUT.items():
        contents = (*CONTENTS, left_out) if left_out else CONTENTS
        kept = tuple(
            check.model_copy(update={"findings": tuple(filter(stays, check.findings))})
            for check in report.checks
        )
        sent = SentSelfTest(
            file="self-test of persist-harness",
            contents=contents,
            report=report.model_copy(update={"checks": kept}),
        )
        content = redact(_spelled(sent)).encode()
        if len(content) <= MOST_BYTES:
            return content, contents
    raise HarnessError(f"the self-test does not fit into {MOST_BYTES:,} bytes", hint="Please report it.")


def _spelled(sent: SentSelfTest) -> str:
    """JSON with one finding or case a line, so that people can read what they send."""
    plain = json.loads(sent.model_dump_json(by_alias=True, exclude_defaults=True))
    report = plain.pop("report")
    checks, seen = report.pop("checks"), report.pop("seen")
    plain["schema"] = report["schema"] = 1
    lines = [f'{json.dumps(plain, ensure_ascii=False)[:-1]}, "report":']
    lines.append(f'{json.dumps(report, ensure_ascii=False)[:-1]}, "checks": [')
    for number, check in enumerate(checks):
        findings = ",\n".join(json.dumps(each, ensure_ascii=False) for each in check.pop("findings"))
        head = json.dumps(check, ensure_ascii=False)[:-1]
        comma = "," if number < len(checks) - 1 else ""
        lines.append(f'{head}, "findings": [\n{findings}]}}{comma}')
    cases_of_table = ",\n".join(json.dumps(each, ensure_ascii=False) for each in seen)
    lines.append(f'], "seen": [\n{cases_of_table}]}}}}\n')
    return "\n".join(lines)


def read_sent(path: Path) -> SelfTestReport:
    """Read such a file. Raises `InvalidInputError`, or `InvalidFilesError` with all that is wrong."""
    try:
        content = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}", hint=HINT) from error
    try:
        sent = SentSelfTest.model_validate_json(content)
    except ValidationError as error:
        problems = list(problems_of(error, str(path), SentSelfTest))
    else:
        problems = [Problem(str(path), key, found, expected) for key, found, expected in _wrong(sent)]
        if not problems:
            return sent.report
    raise InvalidFilesError(problems, not_done="added", hint=HINT)


def _wrong(sent: SentSelfTest) -> Iterator[tuple[str, str, str]]:
    """What no self-test can have found: the key, what is there, and what was expected."""
    report = sent.report
    if report.machine.platform == "emulated":
        yield "report.machine.platform", "emulated", "windows or wine: an emulation has seen nothing"
    elif not report.machine.lab.startswith(report.machine.platform):
        yield "report.machine.lab", report.machine.lab, f"one of {report.machine.platform}"
    names = [each.case for each in report.seen]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield "report.seen", f"the case {name!r} more than once", "each case once"
    if not {str(case) for case in cases()} & set(names):
        yield "report.seen", "no case that the table of sharing rules has", "at least one"
