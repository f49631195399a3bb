"""The self-test under Wine: the Windows side makes it, and its report is read here."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from pydantic import ValidationError

from harness.errors import HarnessError
from harness.isolated_python import ISOLATED
from harness.platform.rules_lab import NATIVE_LABS
from harness.platform.self_test.report import SelfTestReport
from harness.wine.relay import RULES_VARIABLE, rules_named
from harness.wine.set_up import prepare_lane

COMMAND: Final = (ISOLATED, "-m", "harness", "doctor", "--self-test", "--json")


def self_test_under_wine(location: str | None, announce: Callable[[str], None]) -> SelfTestReport:
    """Make the self-test of Wine in `location`, a folder as Windows spells it.

    `announce` is called with a line now and then. Raises what `harness.wine.prepare_lane` does, and
    `HarnessError` if the Windows side gives no report.
    """
    rules = rules_named(os.environ.get(RULES_VARIABLE, "ntfs"))
    lane = prepare_lane(rules, announce=announce)
    lines: list[str] = []
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        announce(line)

    where = () if location is None else ("--location", location)
    code = lane.run([*COMMAND, *where], on_line=lines.append, on_error_line=tell)
    try:
        report = SelfTestReport.model_validate_json("\n".join(lines))
    except ValidationError as error:
        last = told[-1] if told else "it printed nothing"
        raise HarnessError(f"the Windows side ended with code {code}: {last}") from error
    if report.machine.lab != (lab := NATIVE_LABS[rules]):
        raise HarnessError(
            f"Wine was to follow the rules {rules}, and the self-test found {report.machine.lab!r} "
            f"instead of {lab!r}",
            hint="End Wine's server, and try again.",
        )
    return report
