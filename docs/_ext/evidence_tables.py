"""The tables of the evidence pages, from what the tests run and from the catalogue: they cannot drift.

- `sharing_rules`: rows of ``harness/holds/sharing_rules_table.toml``, which platforms are tested with.
- `outlasting`: how many strategies of the catalogue outlast a hold of a given length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from markdown_tables import escaped, table

from harness.holds.sharing_rules_table import rows
from harness.strategy.lookup import catalogued
from harness.text import milliseconds
from harness.winerror import ACCESS_DENIED, SHARING_VIOLATION

SOURCES = {
    "FSA-share": "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fsa/8c0e3f4f-0729-49f4-a14d-7f7add593819",
    "FSA-dir": "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fsa/133840e4-778e-44ca-9b41-da2323615075",
    "DDI": "https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/ns-ntifs-_file_rename_information",
    "DISP": "https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntddk/ns-ntddk-_file_disposition_information_ex",
    "FAT": "https://github.com/microsoft/Windows-driver-samples/tree/main/filesys/fastfat",
    "WT": "https://gitlab.winehq.org/wine/wine/-/tree/master/dlls/kernel32/tests",
    "RF": "https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-replacefilea",
    "DF": "https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-deletefile",
    "GIT": "https://github.com/git/git/commit/69ed0e35a7548a17a0fcd79b265a6872bceb2d5d",
    "RUST": "https://github.com/rust-lang/rust/pull/131072",
    "IO": "https://learn.microsoft.com/en-us/windows-hardware/drivers/ifs/set-file-information-processing",
    "SMB": "https://gitlab.com/samba-team/samba/-/merge_requests/4056",
    "FSA-open": "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fsa/8ada5fbe-db4e-49fd-aef6-20d54b748e40",
    "FSA-disp": "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-fsa/386d9ec5-e0f6-4853-b175-c05be01419e0",
    "CD": "https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-createdirectoryw",
    "LOCK": "https://learn.microsoft.com/en-us/windows/win32/fileio/locking-and-unlocking-byte-ranges-in-files",
}
"""Where each source that a row of the table cites is to be read; ``K`` is knowledge without one."""
HOLDS_MS = (50, 200, 1000, 2000, 4000, 10_000, 15_000, 30_000, 60_000)


def rules() -> list[dict[str, Any]]:
    """Return the rows of the table that Windows can get to, as they are written."""
    return [row for row in rows() if "impossible" not in row]


def sharing_rules(numbers: Iterable[int]) -> Iterator[str]:
    """Yield the table of the rules with these numbers."""
    wanted = set(numbers)
    found = (
        (
            row["line"],
            escaped(row["case"] + _held(row)),
            " ".join(f"`{call}`" for call in _list(row["call"])),
            " or ".join(map(str, _list(row["code"]))),
            _under_wine(row),
            standing(row),
        )
        for row in rules()
        if row["line"] in wanted
    )
    yield from table(("rule", "case", "call", "Windows", "Wine", "known from"), found)


def standing(row: dict[str, Any]) -> str:
    """Return how far a rule is known: its sources, or that none was found."""
    cites = row.get("cites", [])
    links = ", ".join(f"[{name}](<{SOURCES[name]}>)" for name in cites if name in SOURCES)
    if "K" not in cites and links:
        return f"documented: {links}"
    if links:
        return f"unverified; suggested by {links}"
    return "unverified" if _differs(row) else "unverified; seen under Wine"


def _held(row: dict[str, Any]) -> str:
    """Return how it is held, in brackets, where a handle is what is in the way."""
    held = row.get("held", {})
    semantics = row.get("semantics")
    parts = []
    if held.get("by", "handle") == "handle" and "section" not in held and "share" in held:
        parts.append(f"share {', '.join(_list(held['share']))}")
    if isinstance(semantics, str):
        parts.append(f"{semantics} deletes")
    return f" ({'; '.join(parts)})" if parts else ""


def _under_wine(row: dict[str, Any]) -> str:
    if row.get("semantics") == "classic":
        return "not to be had"
    if skipped := row.get("not_modelled", {}).get("wine"):
        return escaped(skipped)
    if (difference := row.get("wine")) is not None:
        code = f"{difference['code']}: " if "code" in difference else ""
        return escaped(code + difference["why"])
    stock = row.get("stock_wine")
    return f"same; {stock['code']} without `wine/ntfs_rules.c`" if stock else "same"


def _differs(row: dict[str, Any]) -> bool:
    return _under_wine(row) != "same"


def outlasting() -> Iterator[str]:
    """Yield how many strategies outlast holds, for either code; with jitter, by their median budget."""
    views = [view for view in catalogued() if not view.times.budget_ms.is_nothing]
    rows = (
        (milliseconds(hold_ms), *(_outlast(views, code, hold_ms) for code in (5, 32)))
        for hold_ms in HOLDS_MS
    )
    heads = ("a hold of", f"error {ACCESS_DENIED}", f"error {SHARING_VIOLATION}")
    yield f"Of the {len(views)} strategies of the catalogue that retry at all, so many outlast"
    yield ""
    yield from table(heads, rows)


def _outlast(views: Iterable[Any], code: int, hold_ms: float) -> int:
    return sum(code in view.codes and view.times.budget_ms.median >= hold_ms for view in views)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
