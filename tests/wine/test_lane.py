from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.wine import Lane, windows_path
from harness.wine.server import Server

if TYPE_CHECKING:
    from harness.platform.base import Rules


def said_by(lane: Lane, code: str, *arguments: str) -> list[str]:
    """The lines that a piece of Windows Python prints; it must end well."""
    lines: list[str] = []
    errors: list[str] = []
    assert lane.run(["-c", code, *arguments], on_line=lines.append, on_error_line=errors.append) == 0, (
        errors
    )
    return lines


def test_it_is_a_windows_python_that_knows_this_harness(ntfs: Lane) -> None:
    code = (
        "import sys, harness.record.trial_record, importlib.metadata as m; "
        "print(sys.platform, sys.version.split()[0], m.version('persist-harness'), sys.winver)"
    )
    platform, version, harness, _ = said_by(ntfs, code)[0].split()
    assert (platform, version) == ("win32", ntfs.version)
    assert harness


def test_what_only_windows_needs_arrives_too(ntfs: Lane) -> None:
    assert said_by(ntfs, "import colorama; print('here')") == ["here"]


def test_nothing_is_written_into_the_checkout(ntfs: Lane) -> None:
    import harness.clock  # noqa: PLC0415

    (written,) = said_by(ntfs, "import harness.clock as c; print(c.__spec__.cached)")
    assert written.startswith(windows_path(ntfs.folder))
    tag = f"cpython-{ntfs.version.replace('.', '')[:3]}"
    assert not list((Path(harness.clock.__file__).parent / "__pycache__").glob(f"*.{tag}.pyc.*"))


def test_the_exit_code_comes_back(ntfs: Lane) -> None:
    assert ntfs.run(["-c", "raise SystemExit(42)"]) == 42


def test_the_two_streams_are_told_apart_and_keep_every_character(ntfs: Lane) -> None:
    lines: list[str] = []
    errors: list[str] = []
    code = "import sys; print('Grüße 漢字 🦀'); print('naïve', file=sys.stderr); print('open', end='')"
    ntfs.run(["-c", code], on_line=lines.append, on_error_line=errors.append)
    assert (lines, errors) == (["Grüße 漢字 🦀", "open"], ["naïve"])


def test_arguments_folder_and_environment_reach_the_program(ntfs: Lane, tmp_path: Path) -> None:
    lines: list[str] = []
    arguments = ['a "b" c\\', "", "ö"]
    temporary = windows_path(tmp_path / "temp")
    code = (
        "import os, sys; e = os.environ; print(sys.argv[1:], os.getcwd(), e['TEMP'], e['PATH'], sep='|')"
    )
    environment = {"TEMP": temporary, "PATH": r"Z:\tools"}
    ntfs.run(["-c", code, *arguments], cwd=tmp_path, environment=environment, on_line=lines.append)
    *seen, path = lines[0].split("|")
    assert seen == [str(arguments), windows_path(tmp_path), temporary]
    assert path.startswith("Z:\\tools;C:\\windows\\system32;")


def test_temporary_files_are_on_drive_c(ntfs: Lane) -> None:
    assert said_by(ntfs, "import tempfile; print(tempfile.gettempdir())") == [r"C:\windows\temp"]


WAITS_FOR_ANSWERS = """
import os, sys, time
for number in range(1, 4):
    print(number)
    deadline = time.monotonic() + 60
    while not os.path.exists(os.path.join(sys.argv[1], str(number))):
        if time.monotonic() > deadline:
            sys.exit("nobody answered")
        time.sleep(0.01)
"""


def test_a_line_is_there_when_it_is_printed(ntfs: Lane, tmp_path: Path) -> None:
    """So a program can wait for what its reader does about it."""
    lines: list[str] = []

    def answer(line: str) -> None:
        lines.append(line)
        (tmp_path / str(len(lines))).touch()

    ntfs.run(["-c", WAITS_FOR_ANSWERS, windows_path(tmp_path)], on_line=answer)
    assert lines == ["1", "2", "3"]


def test_more_output_than_a_pipe_holds_is_complete(ntfs: Lane) -> None:
    lines: list[str] = []
    ntfs.run(["-c", "print('\\n'.join(map(str, range(100_000))))"], on_line=lines.append)
    assert lines == list(map(str, range(100_000)))


LEAVES_ONE_BEHIND = """
import subprocess, sys
late = "import sys, time; time.sleep(60); open(sys.argv[1], 'w')"
again = [sys.executable, "-c", late, sys.argv[1]]
subprocess.Popen(again, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP)
print("started")
"""


def test_the_end_waits_for_no_process_left_behind_and_leaves_none(ntfs: Lane, tmp_path: Path) -> None:
    late = tmp_path / "late"
    assert said_by(ntfs, LEAVES_ONE_BEHIND, windows_path(late)) == ["started"]
    assert processes_with(windows_path(late)) == []
    assert not late.exists()


INTERRUPTED = (
    LEAVES_ONE_BEHIND
    + """
import time
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("said good-bye")
    raise
"""
)


PATIENT = """
import sys
from harness.wine import __main__, child
child.GRACE_S = 600
sys.exit(__main__.main(sys.argv[1:]))
"""


@pytest.mark.usefixtures("ntfs")
def test_a_ctrl_c_reaches_the_program_and_leaves_no_process(tmp_path: Path) -> None:
    """It ends by itself: here the time that it is given is longer than anybody waits."""
    with subprocess.Popen(
        [sys.executable, "-c", PATIENT, "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        parent.send_signal(signal.SIGINT)
        assert parent.stdout.read() == "said good-bye\n"
        assert parent.wait(60) == 130
    assert processes_with(str(tmp_path)) == []


@pytest.mark.usefixtures("ntfs")
def test_the_program_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "harness.wine",
            "-c",
            "import time; print('up'); time.sleep(600)",
            tmp_path,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
    deadline = time.monotonic() + 5
    while processes_with(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(str(tmp_path)) == []


RENAME_BESIDE_A_HOLDER = """
import os, subprocess, sys
os.mkdir("dir"); open("dir/child", "w").close()
holder = [sys.executable, "-c", "f = open('dir/child'); print('held', flush=True); input()"]
with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
    process.stdout.readline()
    try:
        os.rename("dir", "moved")
        print("renamed")
    except OSError as error:
        print(error.winerror)
    process.stdin.close()
if os.path.exists("dir"):
    os.rename("dir", "moved")
    print("renamed when let go")
"""


@pytest.mark.parametrize(
    ("rules", "outcome"), [("ntfs", ["5", "renamed when let go"]), ("stock", ["renamed"])]
)
def test_a_directory_with_an_open_file_of_another_process(
    rules: Rules, outcome: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lane: Lane = request.getfixturevalue(rules)
    lines: list[str] = []
    assert lane.run(["-c", RENAME_BESIDE_A_HOLDER], cwd=tmp_path, on_line=lines.append) == 0
    assert lines == outcome


REPLACE_A_READ_ONLY_FILE = """
import os, stat
for name in ("new", "old"):
    open(name, "w").close()
os.chmod("old", stat.S_IREAD)
try:
    os.replace("new", "old")
    print("replaced")
except OSError as error:
    print(error.winerror)
"""


@pytest.mark.parametrize(("rules", "outcome"), [("ntfs", "5"), ("stock", "replaced")])
def test_a_read_only_target(
    rules: Rules, outcome: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lane: Lane = request.getfixturevalue(rules)
    lines: list[str] = []
    assert lane.run(["-c", REPLACE_A_READ_ONLY_FILE], cwd=tmp_path, on_line=lines.append) == 0
    assert lines == [outcome]


COPY_AND_MOVE = """
import os, shutil, subprocess, sys
os.makedirs("tree/below")
for path in ("file", "tree/below/file"):
    with open(path, "w") as file:
        file.write("content")
shutil.copy2("file", "copy")
shutil.copytree("tree", "other-tree")
shutil.move("tree", "C:/windows/temp/moved-to-another-drive")
shutil.rmtree("C:/windows/temp/moved-to-another-drive")
again = "import shutil; shutil.copy2('file', 'copy-of-a-child')"
subprocess.run([sys.executable, "-c", again], check=True)
print(sorted(os.listdir()), open("other-tree/below/file").read())
"""


def test_files_are_copied_whether_this_wine_has_copyfile2_or_not(ntfs: Lane, tmp_path: Path) -> None:
    lines: list[str] = []
    assert ntfs.run(["-c", COPY_AND_MOVE], cwd=tmp_path, on_line=lines.append) == 0
    assert lines == ["['copy', 'copy-of-a-child', 'file', 'other-tree'] content"]


def test_a_crash_is_told_by_its_code_and_not_by_a_debugger(ntfs: Lane) -> None:
    lines: list[str] = []
    crash = "import ctypes; ctypes.WinDLL('kernel32').RaiseException(0xC0000005, 1, 0, None)"
    code = ntfs.run(["-X", "faulthandler=0", "-c", crash], on_line=lines.append, on_error_line=print)
    assert code != 0
    assert lines == []


def test_what_wine_says_of_its_drives_is_left_out(ntfs: Lane) -> None:
    told: list[str] = []
    lines = [
        r'wine: Read access denied for device L"\\??\\z:\\", FS volume label and serial are not',
        "wine: Unhandled page fault on read access",
    ]
    code = f"import sys; print(*{lines!r}, sep='\\n', file=sys.stderr)"
    assert ntfs.run(["-c", code], on_error_line=told.append) == 0
    assert told == lines[1:]


@pytest.fixture(scope="module")
def own(ntfs: Lane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    """A lane with a server that only this module uses, so it may be ended."""
    prefix = tmp_path_factory.mktemp("own") / "prefix"
    prefix.mkdir()
    lane = replace(ntfs, server=replace(ntfs.server, prefix=prefix))
    yield lane
    lane.server.end()
    shutil.rmtree(prefix)


def test_a_server_that_was_ended_comes_back_with_its_rules(
    own: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever temporary files are: programs find the server all the same."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    own.server.ensure()
    own.server.end()
    assert own.server.pid() is None
    lines: list[str] = []
    own.run(["-c", REPLACE_A_READ_ONLY_FILE], cwd=tmp_path, on_line=lines.append)
    assert lines == ["5"]


def test_a_start_that_fails_is_tried_again(own: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it may on a busy machine."""
    own.server.end()
    started: list[tuple[str, ...]] = []
    call = Server.call

    def failing_once(server: Server, *arguments: str) -> None:
        started.append(arguments)
        if len(started) == 1:
            raise HarnessError("wineboot ended with 1")
        call(server, *arguments)

    monkeypatch.setattr(Server, "call", failing_once)
    assert own.server.ensure() == own.server.pid()
    assert started == [("wineboot", "--init")] * 2


def test_a_server_without_the_rules_is_replaced(own: Lane) -> None:
    own.server.end()
    own.server.call("cmd", "/c", "exit")  # Wine starts a server by itself
    assert own.server.pid() is None
    assert said_by(own, "print('ran')") == ["ran"]
    assert own.server.pid() is not None


def test_a_run_whose_server_went_away_ends_and_does_not_count(own: Lane) -> None:
    lines: list[str] = []

    def end_the_server(line: str) -> None:
        lines.append(line)
        own.server.end()

    with pytest.raises(HarnessError, match="server ended during the run"):
        own.run(
            ["-c", "import time; print('up'); time.sleep(60); print('late')"], on_line=end_the_server
        )
    assert lines == ["up"]


def processes_with(argument: str) -> list[int]:
    """The processes with a text in their command line; this one's has none of them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(argument) in line:
                found.append(int(entry.name))
    return found
