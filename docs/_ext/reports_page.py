"""The shipped public reports as Markdown: by error, what is seen, who fails with it, and what helps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from markdown_tables import escaped, table

from harness.check.symptoms import Reported, Tried, shipped_reports
from harness.winerror import ALL_MESSAGES

NO_ERROR = "No error, or another one"


def reports_page() -> Iterator[str]:
    """Yield a section for each error, the most frequent first, then one for what has none."""
    by_error: dict[str, list[Reported]] = defaultdict(list)
    for found in shipped_reports():
        by_error[_error(found)].append(found)
    for error in sorted(by_error, key=lambda each: (each == NO_ERROR, -len(by_error[each]), each)):
        yield f"## {error}"
        yield ""
        rows = (
            (_seen(found), _listed(found.fails), _helps(found), f"`{found.name}`")
            for found in by_error[error]
        )
        yield from table(("what is seen", "what fails", "what helps", "scenario"), rows)


def _error(found: Reported) -> str:
    if found.symptom is None or not found.codes:
        return NO_ERROR
    return f"{found.codes[0]}: {ALL_MESSAGES[found.codes[0]]}"


def _seen(found: Reported) -> str:
    links = ", ".join(f"[{_short(each)}](<{each}>)" for each in found.reports)
    symptom = f"`{found.symptom.replace('`', '')}` " if found.symptom else ""
    return f"{symptom}{escaped(found.title)} ({links})"


def _short(address: str) -> str:
    """Spell the address of a thread on GitHub as ``owner/name#1``."""
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)", address)
    return escaped(f"{match[1]}#{match[2]}" if match else address)


def _helps(found: Reported) -> str:
    if found.helps:
        return _listed(found.helps)
    if found.keeps:
        return f"nothing; this keeps the old one: {_listed(found.keeps)}"
    return "no wait: it does not end by itself"


def _listed(tried: Iterable[Tried]) -> str:
    return "; ".join(
        escaped(each.label) + (f" (`{each.notation}`)" if each.notation else "") for each in tried
    )
