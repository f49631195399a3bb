"""Write paths are what undisturbed runs have in common, with a wild card for what is random."""

from __future__ import annotations

import fnmatch
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.preload.denial import Call
from harness.preload.denial_log import LoggedCall
from harness.reproduce.execution import Execution
from harness.reproduce.sandbox import Sandbox
from harness.reproduce.undisturbed import Undisturbed
from harness.reproduce.write_paths import (
    WritePath,
    discovered,
    without_opens_to_remove,
    write_paths,
)

NAMES = st.text(st.sampled_from("ab*[]?.-"), min_size=1, max_size=6).filter(lambda each: "/" not in each)
RANDOM = st.text(st.sampled_from("xyz0123"), min_size=6, max_size=6)


def call(kind: Call, source: str, target: str | None = None, error: int = 0) -> LoggedCall:
    return LoggedCall(0.0, kind, "passed", 9, 1, 0.0, error, source, target, 1)


def test_a_literal_path_is_denied_by_its_source() -> None:
    calls = [call("rename", "new", "kept")]
    assert write_paths(calls, calls) == [WritePath("rename", "new", "kept")]
    assert write_paths(calls, calls)[0].pattern == "new"


def test_a_random_name_becomes_a_pattern() -> None:
    first = [call("rename", "cache/.tmpAb1", "cache/archive/Qx7")]
    again = [call("rename", "cache/.tmpZ9c", "cache/archive/R2d")]
    (path,) = write_paths(first, again)
    assert (path.source, path.target, path.side) == ("cache/.tmp*", "cache/archive/*", "source")


def test_with_a_target_that_stays_fresh_temporary_names_count_as_one() -> None:
    (path,) = write_paths([call("rename", "a1.tmp", "lock")], [call("rename", "b2.tmp", "lock")])
    assert (path.source, path.side, path.pattern) == ("*.tmp", "target", "lock")


def test_random_names_that_begin_alike_by_accident_are_no_pattern_of_their_own() -> None:
    first = [call("rename", f".tmp{name}", f"kept{name}") for name in ("vAA", "Qxy", "R12")]
    again = [call("rename", f".tmp{name}", f"kept{name}") for name in ("vBB", "c34", "Zk9")]
    assert {path.source for path in write_paths(first, again)} == {".tmp*"}


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the lab needs Linux")


@ON_LINUX
def test_a_third_run_tells_what_two_random_names_share_by_accident(box: Sandbox) -> None:
    names = iter(["lock-paaa", "lock-pbbb", "lock-ccc", "lock-ddd"])

    def run() -> Execution:
        name = next(names)
        code = f"import os; open({name!r}, 'w'); os.rename({name!r}, 'lock')"
        return box.run([sys.executable, "-I", "-S", "-c", code], timeout_s=30)

    undisturbed = Undisturbed(run)
    assert [path.source for path in discovered(undisturbed)] == ["lock-*"]
    assert len(undisturbed.runs) == 3


@ON_LINUX
def test_without_random_names_two_runs_are_enough(box: Sandbox) -> None:
    code = "import os; open('new', 'w'); os.rename('new', 'lock')"
    undisturbed = Undisturbed(lambda: box.run([sys.executable, "-I", "-S", "-c", code], timeout_s=30))
    assert [path.source for path in discovered(undisturbed)] == ["new"]
    assert len(undisturbed.runs) == 2


@given(NAMES, RANDOM, RANDOM)
def test_a_pattern_matches_the_name_that_it_is_made_of(name: str, one: str, other: str) -> None:
    first = [call("delete", f"{name}/{name}-{one}.x")]
    (path,) = write_paths(first, [call("delete", f"{name}/{name}-{other}.x")])
    escaped = path.source.replace("\\*", "[*]").replace("\\?", "[?]").replace("\\[", "[[]")
    escaped = escaped.replace("\\]", "]").replace("\\\\", "\\")
    assert fnmatch.fnmatchcase(first[0].source, escaped)


def test_what_failed_or_only_made_a_file_is_no_write_path() -> None:
    calls = [call("create", "new"), call("delete", "gone", error=2), call("open", "read")]
    assert write_paths(calls, calls) == []


def test_many_files_of_a_kind_are_one_path() -> None:
    calls = [call("delete", f"lib/file{number}.py") for number in range(5)]
    calls += [call("delete", "lib/file0.py"), call("delete", "lib/data.txt")]
    assert write_paths(calls, calls) == [
        WritePath("delete", "lib/file0.py", None, count=2, alike=4),
        WritePath("delete", "lib/data.txt"),
    ]


def test_an_open_of_what_is_removed_is_part_of_the_removal() -> None:
    paths = [WritePath("write", "a"), WritePath("delete", "a"), WritePath("write", "b")]
    assert without_opens_to_remove(paths) == paths[1:]


def test_on_wine_what_is_removed_cannot_be_opened() -> None:
    path = WritePath("delete", "lib/file.py")
    assert path.denial(32, "wine").call == "open"
    assert path.denial(32, "linux").call == "delete"
