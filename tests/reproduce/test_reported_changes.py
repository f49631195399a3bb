"""Changes that Windows reports are read as the calls that made them."""

from __future__ import annotations

import pytest

from harness.platform.watched_tree import Change, ChangeKind
from harness.reproduce.reported_changes import calls_of


def change(kind: ChangeKind, path: str, target: str | None = None, at_ns: int = 0) -> Change:
    return Change(at_ns, kind, path, target)


def read(*changes: Change) -> list[tuple[str, str, str | None]]:
    return [(each.call, each.source, each.target) for each in calls_of(changes, {"old", "sub/old"})]


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ([change("renamed", "a", "b")], [("rename", "a", "b")]),
        ([change("removed", "b"), change("renamed", "a", "b")], [("rename", "a", "b")]),
        ([change("removed", "a"), change("added", "sub/b")], [("rename", "a", "sub/b")]),
        (
            [change("removed", "sub/b"), change("removed", "a"), change("added", "sub/b")],
            [("rename", "a", "sub/b")],
        ),
        (
            [change("removed", "a"), change("added", "sub/b"), change("modified", "sub/b")],
            [("delete", "a", None), ("create", "sub/b", None)],
        ),
        (
            [change("removed", "a"), change("added", "sub/b"), change("added", "sub/b/c")],
            [("delete", "a", None), ("create", "sub/b", None), ("create", "sub/b/c", None)],
        ),
        (
            [change("removed", "a"), change("added", "b")],
            [("delete", "a", None), ("create", "b", None)],
        ),
        ([change("modified", "old"), change("modified", "old")], [("write", "old", None)]),
        ([change("added", "new"), change("modified", "new")], [("create", "new", None)]),
        ([change("modified", "sub"), change("modified", "sub/old")], [("write", "sub/old", None)]),
    ],
    ids=[
        "rename",
        "rename onto a file",
        "rename into another folder",
        "rename onto a file of another folder",
        "removal, then a new file that is filled",
        "removal, then a new folder that is filled",
        "removal, then a new file in the same folder",
        "two writes to a file",
        "a new file is not rewritten",
        "folders are not written",
    ],
)
def test_changes_are_read_as_calls(
    changes: list[Change], calls: list[tuple[str, str, str | None]]
) -> None:
    assert read(*changes) == calls


def test_times_are_from_the_start() -> None:
    (call,) = calls_of([change("added", "a", at_ns=5_000_000)], set(), started_ns=3_000_000)
    assert call.at_ms == 2.0
